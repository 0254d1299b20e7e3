import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Architecture } from "../../Core/model/runner-class";
import { architectureOf, type SimulatorInstance } from "./instance";
import type { MachineImage } from "./machine/machine-image";

/** An image that can be launched. */
export interface SimulatorImage extends MachineImage {
  readonly imageId: string;
  readonly name: string;
  readonly architecture: Architecture;
  readonly rootDeviceName: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The account's own, and not a distribution's. */
  readonly isOwn: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

type StockImage = Omit<SimulatorImage, "createdAt" | "isOwn" | "isPrepared" | "tags">;

const STOCK: readonly StockImage[] = JSON.parse(
  readFileSync(join(__dirname, "stock-images.json"), "utf8"),
) as readonly StockImage[];

const RELEASED_AT = Date.parse("2026-11-02");
/** EC2 takes minutes to copy a disk. */
const PENDING_MS = 300;

/** The distributions' images, and those that were made of instances. */
export class ImageRegistry {
  private readonly images = new Map<string, SimulatorImage>(
    STOCK.map((image) => [
      image.imageId,
      { ...image, createdAt: RELEASED_AT, isOwn: false, isPrepared: false, tags: {} },
    ]),
  );

  constructor(private readonly now: () => number) {}

  all(): readonly SimulatorImage[] {
    return [...this.images.values()];
  }

  get(imageId: string): SimulatorImage | undefined {
    return this.images.get(imageId);
  }

  isPending({ createdAt }: SimulatorImage): boolean {
    return this.now() - createdAt < PENDING_MS;
  }

  /** An image of a stopped instance's disk. */
  create(instance: SimulatorInstance, name: string, tags: Readonly<Record<string, string>>): SimulatorImage {
    const source = this.get(instance.imageId);
    const image: SimulatorImage = {
      imageId: `ami-${randomBytes(9).toString("hex").slice(0, 17)}`,
      name,
      architecture: source?.architecture ?? architectureOf(instance.instanceType),
      system: source?.system ?? "amzn2023",
      rootDeviceName: source?.rootDeviceName ?? instance.rootDeviceName,
      createdAt: this.now(),
      isOwn: true,
      isPrepared: instance.hasPreparedDisk === true,
      tags,
    };
    this.images.set(image.imageId, image);
    return image;
  }

  deregister(imageId: string): boolean {
    return this.images.delete(imageId);
  }
}
