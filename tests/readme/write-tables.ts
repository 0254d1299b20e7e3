import { readFileSync, writeFileSync } from "node:fs";
import { withTables } from "./parameter-table";

/** `npm run docs`: writes the templates' parameters into the README. */
const root = `${__dirname}/../..`;
writeFileSync(`${root}/README.md`, withTables(readFileSync(`${root}/README.md`, "utf8"), root));
