import type { Group, GroupMemberList, JoinResult, LeaveResult } from '@nestim/protocol';
import { MongoClient } from 'mongodb';
import { aGroup, aUser, type Person } from './support/factories.js';
import { endSdkStory, say, sdkOnline, untilTold } from './support/sdk.js';
import { type ServerProcess, startServer } from './support/server-process.js';
import { eventually } from './support/wait.js';

const MAX_MEMBERS = 50;

describe('groups', () => {
  let server: ServerProcess;
  let store: MongoClient;
  let ann: Person;
  let bob: Person;
  const rows = (collection: string) => store.db('nestim').collection(collection);
  const membersOf = async (person: Person, groupId: string, query = ''): Promise<GroupMemberList> =>
    person.api.get<GroupMemberList>(`/groups/${groupId}/members${query}`);
  const join = (person: Person, groupId: string) => person.api.post<JoinResult>(`/groups/${groupId}/join`);
  const leave = (person: Person, groupId: string) => person.api.post<LeaveResult>(`/groups/${groupId}/leave`);

  beforeAll(async () => {
    server = await startServer({ env: { NESTIM_MAX_GROUP_MEMBERS: String(MAX_MEMBERS) } });
    store = await MongoClient.connect(server.storeUri);
  });
  afterAll(async () => {
    await store.close();
    await server.stop();
  });
  afterEach(endSdkStory);
  beforeEach(async () => {
    [ann, bob] = await Promise.all([aUser(server, 'Ann'), aUser(server, 'Bob')]);
  });

  describe('creation', () => {
    it('makes a group of its owner and the members, each once, and tells them', async () => {
      const phone = await sdkOnline(server, bob);
      const body = { name: 'Team ', memberIds: [bob.userId, bob.userId, ann.userId], clientId: 'c-1' };
      const { group } = await ann.api.post<{ group: Group }>('/groups', body);
      expect(group).toEqual({
        groupId: expect.any(String),
        conversationId: `group:${group.groupId}`,
        name: 'Team ',
        ownerId: ann.userId,
        joinMode: 'open',
        createdAt: expect.any(Number),
      });
      expect(await eventually(() => phone.groups.list()[0], 'bob to be told')).toEqual(group);
      const { members } = await membersOf(bob, group.groupId);
      const roles = Object.fromEntries(members.map(({ userId, role }) => [userId, role]));
      expect(roles).toEqual({ [ann.userId]: 'owner', [bob.userId]: 'member' });
      expect(members.find(({ userId }) => userId === ann.userId)?.user).toEqual(ann.user);
    });

    it('answers the same group to the same clientId, however often and at once', async () => {
      const body = { name: 'Once', memberIds: [bob.userId], clientId: 'c-2' };
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ann.api.post<{ group: Group }>('/groups', body)),
      );
      const [{ group }] = answers as [{ group: Group }];
      for (const answer of answers) expect(answer.group).toEqual(group);
      expect(await rows('groups').countDocuments({ ownerId: ann.userId })).toBe(1);
      expect(await rows('group_members').countDocuments({ groupId: group.groupId })).toBe(2);
      const theirs = await bob.api.post<{ group: Group }>('/groups', { ...body, memberIds: [ann.userId] });
      expect(theirs.group.groupId).not.toBe(group.groupId);
    });

    it.each([
      ['name', { name: 'Other' }],
      ['members', { memberIds: [] }],
      ['mode', { joinMode: 'closed' }],
    ])('refuses the same clientId with another %s', async (_, change) => {
      const body = { name: 'Once', memberIds: [bob.userId], clientId: 'c-3' };
      await ann.api.post('/groups', body);
      const answer = await ann.api.call('POST', '/groups', { ...body, ...change });
      expect(answer).toMatchObject({ status: 409, body: { error: { code: 'IDEMPOTENCY_CONFLICT' } } });
    });

    it('finishes on a retry what a crash left half made', async () => {
      const body = { name: 'Half', memberIds: [bob.userId], clientId: 'c-4' };
      const { group } = await ann.api.post<{ group: Group }>('/groups', body);
      await rows('groups').deleteOne({ _id: group.groupId as never });
      await rows('group_members').deleteOne({ groupId: group.groupId, userId: bob.userId });
      const again = await ann.api.post<{ group: Group }>('/groups', body);
      expect(again.group.groupId).toBe(group.groupId);
      expect((await membersOf(ann, group.groupId)).members).toHaveLength(2);
    });

    it('R17: names the members that do not exist, and makes nothing', async () => {
      const memberIds = ['ghost-1', bob.userId, 'ghost-2'];
      const answer = await ann.api.call('POST', '/groups', { name: 'Ghosts', memberIds });
      expect(answer).toMatchObject({
        status: 404,
        body: { error: { code: 'USER_NOT_FOUND', details: { userIds: ['ghost-1', 'ghost-2'] } } },
      });
      expect(await rows('group_members').countDocuments({ userId: ann.userId })).toBe(0);
      expect(await rows('conversations').countDocuments({ ownerId: ann.userId })).toBe(0);
    });

    it.each([
      ['no name', { memberIds: [] }],
      ['an empty name', { name: '', memberIds: [] }],
      ['an unknown key', { name: 'x', memberIds: [], ownerId: 'bob' }],
      ['an operator', { name: 'x', memberIds: [{ $gt: '' }] }],
      ['an unknown mode', { name: 'x', memberIds: [], joinMode: 'secret' }],
    ])('R17: refuses %s', async (_, body) => {
      const answer = await ann.api.call('POST', '/groups', body);
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'BAD_REQUEST' } } });
    });

    it('takes as many members as are allowed and no more', async () => {
      const people = await Promise.all(Array.from({ length: MAX_MEMBERS }, () => aUser(server)));
      const memberIds = people.map(({ userId }) => userId);
      const full = await ann.api.call('POST', '/groups', { name: 'Full', memberIds });
      expect(full).toMatchObject({ status: 409, body: { error: { code: 'GROUP_FULL' } } });
      const group = await aGroup(ann, people.slice(1));
      const late = await people[0]?.api.call('POST', `/groups/${group.groupId}/join`);
      expect(late).toMatchObject({ status: 409, body: { error: { code: 'GROUP_FULL' } } });
      const pages = await membersOf(ann, group.groupId, '?limit=30');
      expect(pages.members).toHaveLength(30);
      const rest = await membersOf(ann, group.groupId, `?limit=30&cursor=${pages.nextCursor}`);
      expect(rest.members).toHaveLength(MAX_MEMBERS - 30);
      expect(rest.nextCursor).toBeNull();
    });
  });

  describe('who may see it', () => {
    it('answers an unknown and a foreign group alike', async () => {
      const { groupId } = await aGroup(ann);
      for (const path of [
        `/groups/${groupId}`,
        `/groups/${groupId}/members`,
        '/groups/x',
        '/groups/x/members',
      ]) {
        const answer = await bob.api.call('GET', path);
        expect(answer).toMatchObject({ status: 404, body: { error: { code: 'GROUP_NOT_FOUND' } } });
      }
      expect(await ann.api.get(`/groups/${groupId}`)).toMatchObject({ group: { groupId } });
    });
  });

  describe('joining and leaving', () => {
    it('joins at the head, tells my other devices, and joining again changes nothing', async () => {
      const group = await aGroup(ann);
      const desk = await ann.connect();
      const phone = await bob.connect();
      await desk.send({ to: { groupId: group.groupId } }, 'before');
      const joined = await join(bob, group.groupId);
      expect(joined).toEqual({ group, joinSeq: 1 });
      expect(await phone.next('group:joined')).toEqual({ group, userId: bob.userId });
      await desk.send({ to: { groupId: group.groupId } }, 'after');
      expect((await phone.nextMessage()).seq).toBe(2);
      expect(await join(bob, group.groupId)).toEqual(joined);
      expect(phone.pushes.filter(({ event }) => event === 'group:joined')).toHaveLength(1);
      expect(await rows('group_members').countDocuments({ groupId: group.groupId })).toBe(2);
      desk.close();
      phone.close();
    });

    it('leaves at the head, leaving again changes nothing, and joining anew opens a new window', async () => {
      const group = await aGroup(ann, [bob]);
      const { groupId } = group;
      const [desk, phone] = [await sdkOnline(server, ann), await sdkOnline(server, bob)];
      const one = await say(desk, group, 'one');
      expect(await leave(bob, groupId)).toEqual({ leftSeq: 1 });
      await eventually(() => phone.groups.list().length === 0, 'bob to be out');
      await say(desk, group, 'two');
      expect(await leave(bob, groupId)).toEqual({ leftSeq: 1 });
      const refused = await bob.api.call('GET', `/groups/${groupId}`);
      expect(refused).toMatchObject({ status: 404, body: { error: { code: 'GROUP_NOT_FOUND' } } });
      await expect(say(phone, group, 'no')).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
      expect((await join(bob, groupId)).joinSeq).toBe(2);
      const three = await say(phone, group, 'three');
      expect(three.seq).toBe(3);
      expect(await untilTold(phone, 2)).toEqual([one, three]);
    });

    it('does not let a stranger leave, nor anyone join a closed or unknown group', async () => {
      const body = { name: 'Closed', memberIds: [], joinMode: 'closed' };
      const { group } = await ann.api.post<{ group: Group }>('/groups', body);
      const path = `/groups/${group.groupId}`;
      const codeOf = async (action: string, of = path) =>
        (await bob.api.call<{ error: { code: string } }>('POST', `${of}/${action}`)).body.error.code;
      expect(await codeOf('join')).toBe('GROUP_NOT_OPEN');
      expect(await codeOf('leave')).toBe('GROUP_NOT_FOUND');
      expect(await codeOf('join', '/groups/unknown')).toBe('GROUP_NOT_FOUND');
      expect(await codeOf('leave', '/groups/unknown')).toBe('GROUP_NOT_FOUND');
      expect(await join(ann, group.groupId)).toEqual({ group, joinSeq: 0 });
    });

    it('keeps the owner until he is the last', async () => {
      const { groupId } = await aGroup(ann, [bob]);
      const refused = await ann.api.call('POST', `/groups/${groupId}/leave`);
      expect(refused).toMatchObject({ status: 409, body: { error: { code: 'OWNER_CANNOT_LEAVE' } } });
      await leave(bob, groupId);
      expect(await leave(ann, groupId)).toEqual({ leftSeq: 0 });
      const joined = await bob.api.call('POST', `/groups/${groupId}/join`);
      expect(joined).toMatchObject({ status: 403, body: { error: { code: 'GROUP_NOT_OPEN' } } });
    });

    it('ends in one of the two states when joins and leaves race', async () => {
      const { groupId } = await aGroup(ann);
      for (let round = 0; round < 5; round++) {
        await Promise.all(
          Array.from({ length: 10 }, (_, index) =>
            bob.api.call('POST', `/groups/${groupId}/${index % 2 === 0 ? 'join' : 'leave'}`),
          ),
        );
        const member = await rows('group_members').countDocuments({ groupId, userId: bob.userId });
        const channel = { channelId: `group:${groupId}`, ownerId: bob.userId };
        const windows = await rows('conversations').find(channel).toArray();
        expect(windows).toHaveLength(1);
        expect(windows[0]?.leftSeq === null).toBe(member === 1);
        expect((await bob.api.call('GET', `/groups/${groupId}`)).status).toBe(member === 1 ? 200 : 404);
      }
    });
  });

  describe('damaged rows', () => {
    it('R4: shows a member whose user is gone as a deleted user, and all others as they are', async () => {
      const gone = await aUser(server);
      const { groupId } = await aGroup(ann, [bob, gone]);
      await rows('users').deleteOne({ _id: gone.userId as never });
      const { members } = await membersOf(ann, groupId);
      expect(members).toHaveLength(3);
      const placeholder = { userId: gone.userId, nickname: 'Deleted user', deleted: true };
      expect(members.find(({ userId }) => userId === gone.userId)?.user).toEqual(placeholder);
      expect(members.find(({ userId }) => userId === bob.userId)?.user).toEqual(bob.user);
    });

    it.each([1, 2, 5])(
      'R5: pages of %i give each member once, with damaged rows between them',
      async (limit) => {
        const { groupId } = await aGroup(ann, [bob]);
        await rows('group_members').insertMany([{ groupId }, { groupId, userId: 7 }, { groupId, userId: 8 }]);
        await rows('group_members').insertOne({ groupId, userId: 'bare' });
        const seen: string[] = [];
        let query = `?limit=${limit}`;
        for (;;) {
          const { members, nextCursor } = await membersOf(bob, groupId, query);
          seen.push(...members.map(({ userId }) => userId));
          if (nextCursor === null) break;
          query = `?limit=${limit}&cursor=${nextCursor}`;
        }
        expect(seen).toEqual([ann.userId, 'bare', bob.userId].sort());
      },
    );

    it('R6: answers every route for a group whose row lacks everything', async () => {
      const { groupId } = await aGroup(ann, [bob]);
      await rows('groups').replaceOne({ _id: groupId as never }, {});
      const { group } = await bob.api.get<{ group: Group }>(`/groups/${groupId}`);
      expect(group).toMatchObject({ groupId, name: 'Unnamed group', ownerId: '', joinMode: 'closed' });
      expect((await membersOf(bob, groupId)).members).toHaveLength(2);
      await rows('groups').deleteOne({ _id: groupId as never });
      expect((await bob.api.call('GET', `/groups/${groupId}`)).status).toBe(404);
      expect((await membersOf(bob, groupId)).members).toHaveLength(2);
      expect((await leave(bob, groupId)).leftSeq).toBe(0);
      expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
    });
  });
});
