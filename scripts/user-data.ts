import { writeUserData } from "./user-data/write";

/** `npm run user-data` */
writeUserData();
