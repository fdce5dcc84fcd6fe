using TrafficCtl.Cli.Demo;
using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo;

public sealed class PatientAdminTests
{
    private static readonly ServiceStatus First = new() { Service = "first" }, Second = new() { Service = "second" };

    [Fact]
    public async Task An_answer_that_fails_is_asked_for_again()
    {
        await using var daemon = await CannedDaemon.StartAsync();
        using var view = new Told(() => daemon.With("/v1/services/demo", First));
        using var client = new AdminClient(new Uri(daemon.Address), TimeProvider.System);
        var status = await new PatientAdmin(client, view, TimeProvider.System).AskAsync(
            static admin => admin.GetServiceAsync("demo", TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        Assert.Equal(First, status);
        Assert.EndsWith(": asking again", Assert.Single(view.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_that_breaks_goes_on()
    {
        await using var daemon = await CannedDaemon.StartAsync();
        daemon.WithEvents("/v1/services/demo/watch", First);
        using var view = new Told(() => daemon.WithEvents("/v1/services/demo/watch", Second));
        using var client = new AdminClient(new Uri(daemon.Address), TimeProvider.System);
        var seen = new List<ServiceStatus>();
        await foreach (var status in new PatientAdmin(client, view, TimeProvider.System).WatchAsync(
            "demo", TestContext.Current.CancellationToken))
        {
            seen.Add(status);
            if (seen.Count == 2) break;
        }

        Assert.Equal([First, Second], seen);
    }

    [Fact]
    public async Task A_daemon_that_never_answers_is_lost_after_a_minute()
    {
        await using var daemon = await CannedDaemon.StartAsync();
        await using var clock = new RunningClock { Speed = 200 };
        using var view = new Told(static () => { });
        using var client = new AdminClient(new Uri(daemon.Address), clock);
        var began = clock.GetTimestamp();
        await Assert.ThrowsAsync<Failure>(
            () => new PatientAdmin(client, view, clock).AskAsync(
                static admin => admin.GetServiceAsync("demo", TestContext.Current.CancellationToken),
                TestContext.Current.CancellationToken));
        Assert.True(clock.GetElapsedTime(began) >= TimeSpan.FromMinutes(1));
    }

    private sealed class Told(Action then) : IDemoView
    {
        public List<string> Lines { get; } = [];

        public void Say(string line)
        {
            Lines.Add(line);
            then();
        }

        public void Show(ServiceStatus status, LoadReport load, string? stage)
        {
        }

        public void Dispose()
        {
        }
    }
}
