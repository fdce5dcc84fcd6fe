using System.Net;
using TrafficCtl.TestKit;

namespace TrafficCtl.Cli.Tests.Durability;

/// <summary>Users of the shop who go on asking, whether or not somebody answers.</summary>
internal sealed class Shoppers : IAsyncDisposable
{
    private readonly HttpClient client =
        new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(2) });
    private readonly CancellationTokenSource stopping = new();
    private readonly Task asking;
    private int answered;
    private int failed;

    public Shoppers(Uri shop, int at) => asking = Task.WhenAll(Enumerable.Range(0, at).Select(shopper => AskAsync(shop, shopper)));

    public int Answered => Volatile.Read(ref answered);

    /// <summary>Answers other than 200; a connection refused while nobody listens is none.</summary>
    public int Failed => Volatile.Read(ref failed);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await asking;
        client.Dispose();
        stopping.Dispose();
    }

    private Task AskAsync(Uri shop, int shopper)
    {
        var n = 0;
        return Periodic.ActAsync(
            TimeSpan.FromMilliseconds(20),
            async () =>
            {
                try
                {
                    using var request =
                        new HttpRequestMessage(HttpMethod.Get, shop) { Headers = { { "x-user-id", $"{shopper}-{n++ % 500}" } } };
                    using var answer = await client.SendAsync(request, stopping.Token);
                    if (answer.StatusCode == HttpStatusCode.OK) Interlocked.Increment(ref answered);
                    else Interlocked.Increment(ref failed);
                }
                catch (HttpRequestException)
                {
                    // The daemon was killed under this request: asked again at the next beat.
                }
            },
            stopping.Token);
    }
}
