using System.Net;

namespace TrafficCtl.Shifting;

/// <summary>Asks once per key and remembers which version answered, so that shares and monotony can be told.</summary>
internal sealed class Arms(Uri proxy, int keys) : IDisposable
{
    private const int Concurrency = 32;

    private readonly HttpClient client =
        new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, MaxConnectionsPerServer = Concurrency });
    private readonly bool[] candidate = new bool[keys];

    /// <summary>Keys that were on the candidate before and are not now.</summary>
    public int WentBack { get; private set; }

    public int Failed { get; private set; }

    /// <summary>The candidate's observed share in percent over all keys.</summary>
    public async Task<double> ObserveAsync()
    {
        var next = -1;
        var back = 0;
        var failed = 0;
        await Task.WhenAll(Enumerable.Range(0, Concurrency).Select(async _ =>
        {
            for (var key = Interlocked.Increment(ref next); key < candidate.Length; key = Interlocked.Increment(ref next))
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, proxy) { Headers = { { "x-user-id", $"user-{key}" } } };
                using var answer = await client.SendAsync(request);
                if (answer.StatusCode != HttpStatusCode.OK || !answer.Headers.TryGetValues("x-version", out var version))
                {
                    Interlocked.Increment(ref failed);
                    continue;
                }

                var now = version.First() == "v2";
                if (candidate[key] && !now) Interlocked.Increment(ref back);
                candidate[key] = now;
            }
        }));
        WentBack += back;
        Failed += failed;
        return 100.0 * candidate.Count(c => c) / candidate.Length;
    }

    public void Dispose() => client.Dispose();

    public void Forget()
    {
        Array.Clear(candidate);
        WentBack = 0;
    }
}
