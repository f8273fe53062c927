import type { Group, GroupRole } from '@nestim/protocol';
import { AppError } from '../../common/app-error.js';

/** @throws AppError GROUP_NOT_OPEN */
export function assertOpen(group: Pick<Group, 'joinMode'>, abandoned: boolean): void {
  if (group.joinMode !== 'open' || abandoned) throw new AppError('GROUP_NOT_OPEN');
}

/** @throws AppError GROUP_FULL when the group would have more than `max` members. */
export function assertRoom(members: number, max: number): void {
  if (members > max) throw new AppError('GROUP_FULL', { max });
}

/** The owner goes last, so that no group with members is without one. @throws AppError OWNER_CANNOT_LEAVE */
export function assertMayLeave(role: GroupRole | null, members: number): void {
  if (role === 'owner' && members > 1) throw new AppError('OWNER_CANNOT_LEAVE');
}
