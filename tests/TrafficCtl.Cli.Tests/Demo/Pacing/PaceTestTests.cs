using TrafficCtl.Cli.Demo.Load;
using TrafficCtl.Cli.Demo.Pacing;
using TrafficCtl.Cli.Demo.Views;
using TrafficCtl.Cli.Invocation;
using TrafficCtl.TestKit;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo.Pacing;

public sealed class PaceTestTests : IAsyncDisposable
{
    private static readonly Uri Target = new("http://127.0.0.1:8080");

    private readonly RunningClock clock = new() { Speed = 60 };

    public ValueTask DisposeAsync() => clock.DisposeAsync();

    [Theory]
    [InlineData(1500, 0, 0, 0, 0)]
    [InlineData(1500, 0.02, 0.02, 0.02, 0.02)]
    [InlineData(800, 0, 0, 0, 0.05)]
    [InlineData(400, 0, 0, 0.03, 0)]
    [InlineData(200, 0.01, 0.5, 0, 0)]
    public async Task The_highest_level_is_chosen_below_the_first_with_late_answers(
        int chosen, double at200, double at400, double at800, double at1500)
    {
        var load = new ScriptedLoad(clock, (rate, _) => rate switch { 200 => at200, 400 => at400, 800 => at800, _ => at1500 });
        var pace = await TestOf(load).RunAsync(Target, TestContext.Current.CancellationToken);
        Assert.Equal(chosen, pace.Rate);
        Assert.True(load.IsPaused);
    }

    [Fact]
    public async Task A_cold_machine_is_looked_at_again()
    {
        var load = new ScriptedLoad(clock, static (rate, seconds) => rate <= 200 && seconds < 6 ? 0.5 : 0);
        Assert.Equal(Pace.Full, (await TestOf(load).RunAsync(Target, TestContext.Current.CancellationToken)).Rate);
    }

    [Fact]
    public async Task A_machine_that_carries_nothing_is_refused_in_words()
    {
        var load = new ScriptedLoad(clock, static (_, _) => 0.2);
        var failure = await Assert.ThrowsAsync<Failure>(() => TestOf(load).RunAsync(Target, TestContext.Current.CancellationToken));
        Assert.Equal(
            "this machine is too busy: more than 2 % of answers came over 50 ms late at 200 requests/s: end some of its other work and "
                + "try again", failure.Message);
    }

    [Fact]
    public async Task Requests_that_nobody_answers_are_late()
    {
        var load = new ScriptedLoad(clock, static (_, _) => 0) { StopsAnsweringAt = 800 };
        Assert.Equal(400, (await TestOf(load).RunAsync(Target, TestContext.Current.CancellationToken)).Rate);
    }

    private PaceTest TestOf(ILoad load) => new(load, new Silence(), clock);

    private sealed class Silence : IDemoView
    {
        public void Say(string line)
        {
        }

        public void Show(ServiceStatus status, LoadReport load, string? stage)
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>
    /// A report each half second of the clock, with a share of late answers that depends on the rate and the seconds since its phase began.
    /// </summary>
    private sealed class ScriptedLoad(TimeProvider clock, Func<double, double, double> lateShare) : ILoad
    {
        private double rate;
        private long began;
        private long beat;
        private long late;
        private LoadReport latest = LoadReport.Nothing;

        public bool IsPaused { get; private set; }

        public double StopsAnsweringAt { get; init; } = double.PositiveInfinity;

        public LoadReport Latest
        {
            get
            {
                var now = (long)(clock.GetElapsedTime(began).TotalSeconds * 2);
                if (now == beat) return latest;
                late += (long)(lateShare(rate, now / 2.0) * rate * (now - beat) / 2);
                beat = now;
                var sent = (long)(rate * now / 2);
                var answered = rate >= StopsAnsweringAt ? 0 : sent;
                return latest = new LoadReport(sent, 0, answered, 0, 0, 0, null, LateV1: late, Open: sent - answered);
            }
        }

        public Task BeginAsync(Uri target, double rate, CancellationToken stop)
        {
            (this.rate, began, beat, late, latest) = (rate, clock.GetTimestamp(), 0, 0, LoadReport.Nothing);
            return Task.CompletedTask;
        }

        public Task PauseAsync(CancellationToken stop)
        {
            IsPaused = true;
            return Task.CompletedTask;
        }
    }
}
