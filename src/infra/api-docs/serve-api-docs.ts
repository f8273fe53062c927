import type { INestApplication } from '@nestjs/common';
import { SwaggerModule } from '@nestjs/swagger';
import { asyncApiDocument } from './asyncapi.js';
import { openApiDocument } from './openapi.js';

/** OpenAPI at `/api/docs` (`/api/docs-json` for machines), AsyncAPI at `/api/asyncapi.json`. */
export function serveApiDocs(app: INestApplication): void {
  SwaggerModule.setup('api/docs', app, () => openApiDocument(app));
  const http = app.getHttpAdapter();
  let asyncApi: object | undefined;
  http.get('/api/asyncapi.json', (_request: unknown, response: unknown) =>
    http.reply(response, (asyncApi ??= asyncApiDocument())),
  );
}
