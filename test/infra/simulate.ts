/** What IAM would answer: a role's policies, as synthesized, against one request. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { z } from 'zod';
import { account } from './resolve.ts';
import type { Resource, Synthesized } from './synthesize.ts';

export type Request = {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
};

const inlineSchema = z.array(z.object({ PolicyName: z.string(), PolicyDocument: z.unknown() })).default([]);
const attachedSchema = z.object({ Roles: z.array(z.string()).default([]), PolicyDocument: z.unknown() });

type Policy = { readonly name: string; readonly policy: unknown };

/** Every policy that a role has, inline and attached. */
export const policiesOf = (stack: Synthesized, role: Resource): readonly Policy[] => [
  ...inlineSchema
    .parse(role.properties.Policies)
    .map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, policy: PolicyDocument })),
  ...stack
    .all('AWS::IAM::Policy')
    .map(({ id, properties }) => ({ id, ...attachedSchema.parse(properties) }))
    .filter(({ Roles }) => Roles.includes(role.id))
    .map(({ id, PolicyDocument }) => ({ name: id, policy: PolicyDocument })),
];

/** The policy of the key, bucket, topic or queue that a request is about. */
const resourcePolicyOf = (stack: Synthesized, resource: string): unknown => {
  const has = (id: string) => {
    const arn = stack.arn(id);
    return resource === arn || resource.startsWith(`${arn}/`);
  };
  const key = stack.all('AWS::KMS::Key').find(({ id }) => has(id));
  if (key !== undefined) return key.properties.KeyPolicy;
  const bucket = stack.all('AWS::S3::Bucket').find(({ id }) => has(id));
  const name = bucket?.id.toLowerCase();
  const found =
    stack.all('AWS::S3::BucketPolicy').find(({ properties }) => properties.Bucket === name) ??
    stack
      .all('AWS::SNS::TopicPolicy')
      .find(({ properties }) => z.array(z.string()).parse(properties.Topics).includes(resource));
  return found?.properties.PolicyDocument;
};

/** As a role of the account would ask, by TLS. Throws where the request makes no sense: that proves nothing. */
export const isAllowed = async (
  stack: Synthesized,
  policies: readonly Policy[],
  { action, resource, context = {} }: Request,
): Promise<boolean> => {
  const tls = { 'aws:SecureTransport': 'true', ...(action.startsWith('s3:') ? { 's3:TlsVersion': '1.3' } : {}) };
  const resourcePolicy = resourcePolicyOf(stack, resource);
  const answer = await runSimulation(
    {
      identityPolicies: [...policies],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy === undefined ? {} : { resourcePolicy }),
      request: {
        action,
        principal: `arn:aws:iam::${account}:role/tested`,
        resource: { resource, accountId: account },
        contextVariables: { ...tls, ...context },
      },
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed';
};
