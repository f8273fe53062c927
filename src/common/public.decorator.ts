import { SetMetadata } from '@nestjs/common';

/** Metadata key that the global guard reads. */
export const IS_PUBLIC = 'nestim:public';

/** Opts a route, or a whole controller, out of the access token check. */
export const Public = () => SetMetadata(IS_PUBLIC, true);
