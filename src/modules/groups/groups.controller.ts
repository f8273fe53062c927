import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import * as protocol from '@nestim/protocol';
import { createZodDto } from 'nestjs-zod';
import { ApiErrors } from '../../common/api-errors.decorator.js';
import type { Ctx } from '../../common/ctx.js';
import { ZodPipe } from '../../common/zod-validation.pipe.js';
import { CurrentCtx } from '../users/index.js';
import { GroupCreationService } from './group-creation.service.js';
import { GroupsService } from './groups.service.js';

class CreateGroupDto extends createZodDto(protocol.CreateGroup) {}
class GroupResultDto extends createZodDto(protocol.GroupResult) {}
class PageQueryDto extends createZodDto(protocol.PageQuery) {}
class GroupMemberListDto extends createZodDto(protocol.GroupMemberList) {}
class JoinResultDto extends createZodDto(protocol.JoinResult) {}
class LeaveResultDto extends createZodDto(protocol.LeaveResult) {}

const groupIdPipe = new ZodPipe(protocol.GroupId);

@ApiTags('groups')
@ApiBearerAuth()
@Controller('groups')
export class GroupsController {
  constructor(
    private readonly creation: GroupCreationService,
    private readonly groups: GroupsService,
  ) {}

  @Post()
  @ApiErrors('USER_NOT_FOUND', 'GROUP_FULL', 'IDEMPOTENCY_CONFLICT', 'SHUTTING_DOWN')
  @ApiCreatedResponse({ type: GroupResultDto })
  async create(
    @CurrentCtx() ctx: Ctx,
    @Body(new ZodPipe(protocol.CreateGroup)) body: CreateGroupDto,
  ): Promise<GroupResultDto> {
    return { group: await this.creation.create(ctx, body) };
  }

  @Get(':groupId')
  @ApiErrors('GROUP_NOT_FOUND')
  @ApiOkResponse({ type: GroupResultDto })
  async get(@CurrentCtx() ctx: Ctx, @Param('groupId', groupIdPipe) groupId: string): Promise<GroupResultDto> {
    return { group: await this.groups.get(ctx, groupId) };
  }

  @Get(':groupId/members')
  @ApiErrors('GROUP_NOT_FOUND')
  @ApiOkResponse({ type: GroupMemberListDto })
  listMembers(
    @CurrentCtx() ctx: Ctx,
    @Param('groupId', groupIdPipe) groupId: string,
    @Query(new ZodPipe(protocol.PageQuery)) query: PageQueryDto,
  ): Promise<protocol.GroupMemberList> {
    return this.groups.listMembers(ctx, groupId, query);
  }

  @Post(':groupId/join')
  @ApiErrors('GROUP_NOT_FOUND', 'GROUP_NOT_OPEN', 'GROUP_FULL', 'SHUTTING_DOWN')
  @HttpCode(200)
  @ApiOkResponse({ type: JoinResultDto })
  join(@CurrentCtx() ctx: Ctx, @Param('groupId', groupIdPipe) groupId: string): Promise<protocol.JoinResult> {
    return this.groups.join(ctx, groupId);
  }

  @Post(':groupId/leave')
  @ApiErrors('GROUP_NOT_FOUND', 'OWNER_CANNOT_LEAVE', 'SHUTTING_DOWN')
  @HttpCode(200)
  @ApiOkResponse({ type: LeaveResultDto })
  leave(
    @CurrentCtx() ctx: Ctx,
    @Param('groupId', groupIdPipe) groupId: string,
  ): Promise<protocol.LeaveResult> {
    return this.groups.leave(ctx, groupId);
  }
}
