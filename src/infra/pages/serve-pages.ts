import type { NestExpressApplication } from '@nestjs/platform-express';
import { fileURLToPath } from 'node:url';

/**
 * The files of `folder` at `/pages/`, and the modules of `@nestim/sdk` at `/sdk/`: a page that lies beside the API needs
 * neither a bundler nor CORS. socket.io gives out its own module, `/socket.io/socket.io.esm.min.js`.
 */
export function servePages(app: NestExpressApplication, folder: string): void {
  app.useStaticAssets(folder, { prefix: '/pages/' });
  app.useStaticAssets(fileURLToPath(new URL('.', import.meta.resolve('@nestim/sdk'))), { prefix: '/sdk/' });
}
