import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';

/** OpenAPI from the protocol's schemas at `/api/docs` (`/api/docs-json` for machines). */
export function serveApiDocs(app: INestApplication): void {
  const info = new DocumentBuilder().setTitle('NestIM').setDescription('REST API').addBearerAuth().build();
  SwaggerModule.setup('api/docs', app, () => cleanupOpenApiDoc(SwaggerModule.createDocument(app, info)));
}
