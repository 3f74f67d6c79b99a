/** What AWS answers when it does not do as asked, told once with the next step. */
import { ReportError } from '../errors.ts';

type Answer = {
  readonly name: string;
  readonly message: string;
  readonly code: string;
  readonly status: number | undefined;
};

/** The parts of an SDK's error that say what happened; the SDK throws many classes, and plain errors too. */
const answerOf = (error: unknown): Answer => {
  if (!(error instanceof Error)) return { name: '', message: `${error}`, code: '', status: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : null;
  return { name: error.name, message: error.message, code, status: typeof status === 'number' ? status : undefined };
};

const refusedKeys =
  /^(ExpiredToken|ExpiredTokenException|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|InvalidToken|RequestExpired|RequestTimeTooSkewed)$/;
const network = /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)$/;

const signIn = 'Sign in (aws sso login) or set AWS_PROFILE; see who you are with: aws sts get-caller-identity';

/** A failure of AWS as a ReportError; `doing` completes "could not …". What is one already stays as it is. */
export const awsError = (doing: string, error: unknown): ReportError => {
  if (error instanceof ReportError) return error;
  const { name, message, code, status } = answerOf(error);
  const told = (kind: 'usage' | 'dependency', as: string, what: string, hint: string) =>
    new ReportError(kind, as, what, hint, { cause: error });
  if (message.includes('Region is missing'))
    return told(
      'usage',
      'AWS_REGION_MISSING',
      'no AWS region is set',
      'Set AWS_REGION to the region of the stack, or AWS_PROFILE to a profile that has one.',
    );
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return told('usage', 'AWS_CREDENTIALS_MISSING', 'there are no AWS credentials here', signIn);
  if (refusedKeys.test(name))
    return told('dependency', 'AWS_CREDENTIALS_REFUSED', `AWS does not take these credentials: ${message}`, signIn);
  if (/^AccessDenied/.test(name) || name === 'Forbidden' || status === 403)
    return told(
      'dependency',
      'AWS_ACCESS_DENIED',
      `could not ${doing}: ${message}`,
      'Ask whoever owns the account for this right, or use the profile that has it (AWS_PROFILE).',
    );
  if (network.test(code) || /^(Request)?Timeout(Error|Exception)?$/.test(name))
    return told(
      'dependency',
      'AWS_UNREACHABLE',
      `could not ${doing}: AWS does not answer (${code || name})`,
      'Check the network, the region and AWS_ENDPOINT_URL, then try again.',
    );
  return told('dependency', 'AWS_FAILED', `could not ${doing}: ${name}: ${message}`, 'Try again in a while.');
};

/** Asks AWS; what goes wrong is told as above. */
export const asking = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw awsError(doing, error);
  }
};
