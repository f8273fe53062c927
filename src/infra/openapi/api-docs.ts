import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';

/** The version of the API, as in its path. */
const VERSION = '1';

/** OpenAPI from the protocol's schemas at `/api/docs` (`/api/docs-json` for machines). */
export function serveApiDocs(app: INestApplication): void {
  const info = new DocumentBuilder()
    .setTitle('NestIM')
    .setDescription('Every error has the shape { error: { code, message, temporary, requestId, details? } }.')
    .setVersion(VERSION)
    .addBearerAuth()
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'NESTIM_ADMIN_TOKEN' }, 'admin')
    .build();
  SwaggerModule.setup('api/docs', app, () => cleanupOpenApiDoc(SwaggerModule.createDocument(app, info)));
}
