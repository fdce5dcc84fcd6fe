using TrafficCtl.TestKit;

namespace TrafficCtl.Daemon.Tests.Hosting;

/// <summary>
/// Clients of a shop in hasty time: so many requests a second of the clock, each of another user, each given up after a while.
/// </summary>
internal sealed class ShopClients : IAsyncDisposable
{
    private const int Users = 2_000;

    private readonly HttpClient client =
        new(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly CancellationTokenSource stopping = new();
    private readonly Task sending;
    private readonly int users;
    private readonly string name;
    private int answered, abandoned;

    /// <param name="shop">Its listener.</param>
    /// <param name="clock">Whose seconds are meant.</param>
    /// <param name="speed">The speed of the clock.</param>
    /// <param name="perSecond">Requests.</param>
    /// <param name="patience">After which a client leaves.</param>
    /// <param name="users">How many there are.</param>
    /// <param name="name">The name of the users.</param>
    /// <param name="pathOf">The path of a request by its number; null for the root.</param>
    public ShopClients(
        Uri shop, HastyClock clock, int speed, int perSecond, TimeSpan patience, int users = Users, string name = "user",
        Func<int, string>? pathOf = null)
    {
        (this.users, this.name) = (users, name);
        sending = SendAsync(n => pathOf is null ? shop : new Uri(shop, pathOf(n)), clock, perSecond, patience / speed);
    }

    public int Answered => Volatile.Read(ref answered);

    public int Abandoned => Volatile.Read(ref abandoned);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await sending;
        client.Dispose();
        stopping.Dispose();
    }

    private async Task SendAsync(Func<int, Uri> of, HastyClock clock, int perSecond, TimeSpan patience)
    {
        var (began, sent, waiting) = (clock.GetTimestamp(), 0, new List<Task>());
        await Periodic.ActAsync(
            TimeSpan.FromMilliseconds(10),
            () =>
            {
                var due = clock.GetElapsedTime(began).TotalSeconds * perSecond;
                for (; sent < due; sent++) waiting.Add(AskAsync(of(sent), sent % users, patience));
                waiting.RemoveAll(static w => w.IsCompleted);
                return Task.CompletedTask;
            },
            stopping.Token);
        await Task.WhenAll(waiting);
    }

    private async Task AskAsync(Uri shop, int user, TimeSpan patience)
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
        leaving.CancelAfter(patience);
        using var request = new HttpRequestMessage(HttpMethod.Get, shop) { Headers = { { "x-user-id", $"{name}-{user}" } } };
        try
        {
            using var answer = await client.SendAsync(request, leaving.Token);
            if (answer.IsSuccessStatusCode) Interlocked.Increment(ref answered);
        }
        catch (OperationCanceledException)
        {
            Interlocked.Increment(ref abandoned);
        }
    }
}
