using TrafficCtl.Cli.Demo.Upstreams;
using Xunit;

namespace TrafficCtl.Cli.Tests.Demo.Upstreams;

public sealed class UpstreamFaultsTests
{
    private const int Draws = 50_000;
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_sound_version_is_lognormal_and_without_errors()
    {
        var (median, p99, errors, bad) = Sample(new UpstreamFaults(1, 50, 0.25));
        Assert.InRange(median, 49, 51);
        Assert.InRange(p99, 50 * Math.Exp(0.25 * 2.326) * 0.97, 50 * Math.Exp(0.25 * 2.326) * 1.03);
        Assert.Equal((0, 0), (errors, bad));
    }

    [Fact]
    public void A_slow_version_is_slower_by_half_everywhere_and_every_answer_is_bad()
    {
        var (median, p99, errors, bad) = Sample(new UpstreamFaults(2, 50, 0.25, Slow: 1.5));
        Assert.InRange(median, 73.5, 76.5);
        Assert.InRange(p99, 130, 138);
        Assert.Equal((0, Draws), (errors, bad));
    }

    [Fact]
    public void Errors_come_at_their_share()
    {
        var (_, _, errors, bad) = Sample(new UpstreamFaults(3, 50, 0.25, 0.05));
        Assert.InRange(errors, Draws * 0.045, Draws * 0.055);
        Assert.Equal(errors, bad);
    }

    [Fact]
    public void A_leak_grows_from_its_beginning_and_is_bad_beyond_the_tolerance()
    {
        var faults = new UpstreamFaults(4, 50, 0.25);
        var leak = new UpstreamFaults.Leak(Noon, 0.03);
        Assert.InRange(Sample(faults, Noon.AddSeconds(20), leak).Median, 79, 81);
        Assert.Equal(0, Sample(faults, Noon.AddSeconds(3), leak).Bad);
        Assert.Equal(Draws, Sample(faults, Noon.AddSeconds(4), leak).Bad);
        Assert.InRange(Sample(faults, Noon.AddSeconds(-5), leak).Median, 49, 51);
    }

    [Fact]
    public void An_incident_ends()
    {
        var faults = new UpstreamFaults(5, 50, 0.25);
        Assert.InRange(Sample(faults, Noon, until: Noon.AddSeconds(10)).Errors, Draws * 0.075, Draws * 0.085);
        Assert.Equal(0, Sample(faults, Noon.AddSeconds(10), until: Noon.AddSeconds(10)).Errors);
    }

    [Fact]
    public void Faults_go_through_a_command_line()
    {
        var faults = new UpstreamFaults(ulong.MaxValue, 12.5, 0.25, 0.05, 1.5);
        Assert.Equal(faults, UpstreamFaults.FromArguments(faults.ToArguments()));
    }

    private static (double Median, double P99, int Errors, int Bad) Sample(
        UpstreamFaults faults, DateTimeOffset? now = null, UpstreamFaults.Leak? leak = null, DateTimeOffset? until = null)
    {
        var answers = Enumerable.Range(0, Draws).Select(i => faults.Draw(i, now ?? Noon, leak, until)).ToArray();
        var delays = answers.Select(a => a.Delay.TotalMilliseconds).Order().ToArray();
        return (delays[Draws / 2], delays[Draws * 99 / 100], answers.Count(a => a.IsError), answers.Count(a => a.IsBad));
    }
}
