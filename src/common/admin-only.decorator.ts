import { SetMetadata } from '@nestjs/common';

/** Metadata key that the global guard reads. */
export const IS_ADMIN_ONLY = 'nestim:admin-only';

/** A route, or a whole controller, only for who presents NESTIM_ADMIN_TOKEN; 404 on a server without that setting. */
export const AdminOnly = () => SetMetadata(IS_ADMIN_ONLY, true);
