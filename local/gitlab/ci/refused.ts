import { ApiError } from "../api/api-error";

/** As GitLab says why it makes no pipeline. */
export const refused = (why: string): ApiError => new ApiError(400, { message: { base: [why] } });
