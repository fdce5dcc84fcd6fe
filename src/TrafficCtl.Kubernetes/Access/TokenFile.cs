using System.Net.Http.Headers;

namespace TrafficCtl.Kubernetes.Access;

/// <summary>A bearer token in a file that is replaced before it runs out: read again once a minute, and after a refusal.</summary>
internal sealed class TokenFile(string path, TimeProvider clock) : IKubeCredentials
{
    public static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private KubeCredential? last;
    private long? readAt;

    public ValueTask<KubeCredential> GetAsync(CancellationToken stop)
    {
        lock (gate)
        {
            if (last is not null && readAt is { } at && clock.GetElapsedTime(at) < Fresh) return ValueTask.FromResult(last);
            try
            {
                var token = File.ReadAllText(path).Trim();
                if (token.Length == 0) throw new IOException("it is empty");
                last = new KubeCredential(new AuthenticationHeaderValue("Bearer", token));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException && last is not null)
            {
                // Between two tokens: the old one may still do.
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new KubeException(
                    $"The token in {path} cannot be read: {e.Message.TrimEnd('.')}. Nothing was asked.", null, KubeException.NoCredentials,
                    inner: e);
            }

            readAt = clock.GetTimestamp();
            return ValueTask.FromResult(last);
        }
    }

    public void Refuse(KubeCredential credential)
    {
        lock (gate) readAt = null;
    }
}
