import { billOfMaterials } from "./sbom/bill";

// `npm run sbom --silent >sbom.json`: a CycloneDX bill of all that is used, from the lock files and the Dockerfile alone.
process.stdout.write(`${JSON.stringify(billOfMaterials(), undefined, 2)}\n`);
