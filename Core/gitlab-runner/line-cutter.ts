const MAX_LINE = 16 * 1024;

/** Splits text into lines. Lines are truncated at a limit, so that memory stays bounded. */
export class LineCutter {
  private rest = "";
  constructor(private readonly onLine: (line: string) => void) {}

  push(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = (lines.pop() ?? "").slice(0, MAX_LINE);
    for (const line of lines) if (line !== "") this.onLine(line);
  }
}
