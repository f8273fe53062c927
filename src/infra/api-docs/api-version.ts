/** The version of the API, as in its path. */
export const API_VERSION = '1';
