import { Module } from '@nestjs/common';
import { MongooseModule } from '@nestjs/mongoose';
import { UsersModule } from '../users/index.js';
import { GroupCreationService } from './group-creation.service.js';
import { GroupFacts } from './group-facts.repository.js';
import { GroupMemberRepository } from './group-member.repository.js';
import { GROUP_MEMBER_MODEL, GroupMemberSchema } from './group-member.schema.js';
import { GroupRepository } from './group.repository.js';
import { GROUP_MODEL, GroupSchema } from './group.schema.js';
import { GroupConsistency, GroupMemberConsistency } from './groups.consistency.js';
import { GroupsController } from './groups.controller.js';
import { GroupsService } from './groups.service.js';
import { MembershipsService } from './memberships.service.js';

@Module({
  imports: [
    UsersModule,
    MongooseModule.forFeature([
      { name: GROUP_MODEL, schema: GroupSchema },
      { name: GROUP_MEMBER_MODEL, schema: GroupMemberSchema },
    ]),
  ],
  controllers: [GroupsController],
  providers: [
    GroupRepository,
    GroupMemberRepository,
    MembershipsService,
    GroupCreationService,
    GroupsService,
    GroupFacts,
    GroupConsistency,
    GroupMemberConsistency,
  ],
  exports: [GroupsService, GroupFacts],
})
export class GroupsModule {}
