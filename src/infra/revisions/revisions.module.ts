import { Global, Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { Revisions } from './revisions.js';
import { RevisionsRepository } from './revisions.repository.js';
import { REVISIONS_MODEL, RevisionsSchema } from './revisions.schema.js';

@Global()
@Module({
  imports: [MongooseModule.forFeature([{ name: REVISIONS_MODEL, schema: RevisionsSchema }])],
  providers: [Revisions, RevisionsRepository],
  exports: [Revisions],
})
export class RevisionsModule {}
