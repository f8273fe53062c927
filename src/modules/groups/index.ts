export { GroupFacts } from './group-facts.repository.js';
export { type GroupMembersChange, GroupMembersChanging, GroupMembersInspected } from './groups.events.js';
export { GroupsModule } from './groups.module.js';
export { GroupsService } from './groups.service.js';
