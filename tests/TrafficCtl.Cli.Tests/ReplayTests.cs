using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Cli.Printing;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests;

public class ReplayTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Prints_what_would_have_been_under_another_analysis()
    {
        using var to = new StringWriter { NewLine = "\n" };
        ReplayText.Write(Example("strict.yaml"), to);
        GoldenText.Check("replay-other", to.ToString());
    }

    [Fact]
    public void Prints_whether_the_record_comes_out_the_same()
    {
        var answer = Example("");
        foreach (var rollout in answer.Rollouts)
            if (rollout.Recorded is not null)
                (rollout.Again, rollout.Changed, rollout.Difference) = (rollout.Recorded.Clone(), false, new Duration());
        answer.Changed = 0;
        using var to = new StringWriter { NewLine = "\n" };
        ReplayText.Write(answer, to);
        GoldenText.Check("replay-same", to.ToString());
    }

    [Fact]
    public void A_build_stops_for_a_change_for_what_cannot_be_judged_and_for_what_does_not_come_out_the_same()
    {
        Assert.Equal(
            "2 outcomes would be another one: shop-default-4, shop-default-3; 1 rollout cannot be judged again: shop-default-1",
            ReplayText.Changes(Example("strict.yaml")));
        Assert.Equal("", ReplayText.Changes(new ReplayResponse { Rollouts = { Rollout(2, "good", Promoted(), Promoted()) } }));
        var otherwise = Rollout(2, "good", Promoted(), Promoted());
        (otherwise.Judgements, otherwise.Differing) = (5, 1);
        Assert.Equal("not the same as in the journal: shop-default-2", ReplayText.Changes(new ReplayResponse { Rollouts = { otherwise } }));
        otherwise.MissingTicks = 3;
        Assert.Equal("", ReplayText.Changes(new ReplayResponse { Rollouts = { otherwise } }));
    }

    [Theory]
    [InlineData("replay --last 0", "1 to 10000")]
    [InlineData("replay --since noon", "noon")]
    [InlineData("replay a b", "'b'")]
    [InlineData("replay -o yaml", "yaml")]
    [InlineData("replay --analysys x", "--analysys")]
    [InlineData("run -f a --keep-windows 3x", "3x")]
    [InlineData("run -f a --keep-windows 4000d", "3650d")]
    public async Task A_command_line_without_sense_ends_with_2(string line, string says)
    {
        var run = await Run.OfAsync(line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(says, run.Error);
    }

    [Fact]
    public async Task A_directory_that_is_not_there_ends_with_1_and_says_what_to_do()
    {
        var none = Path.Combine(Path.GetTempPath(), "no-such-trafficctl");
        Assert.Equal(
            new Run(1, "", $"trafficctl: no data directory: {none}: name that of a daemon with --data-dir\n"),
            await Run.OfAsync("replay", "--data-dir", none));
    }

    private static ReplayResponse Example(string analysis)
    {
        var held = new ReplayOutcome
        {
            Outcome = "held",
            At = At(60),
            Weight = 1000,
            PassesAfter = Duration.FromTimeSpan(TimeSpan.FromSeconds(42)),
            Why = "not yet shown to be good enough for 25 %",
        };
        var unmeasured =
            new ReplayOutcome { Outcome = "held", At = At(75), Weight = 500, Why = "not yet shown to be good enough for 10 %" };
        var answer = new ReplayResponse
        {
            Analysis = analysis,
            Promoted = 1,
            Held = 2,
            RolledBack = 1,
            Changed = 2,
            Unjudged = 1,
            Rollouts =
            {
                Rollout(5, "rolled back", RolledBack(70, "errors"), RolledBack(65, "errors"), TimeSpan.FromSeconds(-5)),
                Rollout(4, "good", Promoted(), held, TimeSpan.FromSeconds(42)),
                Rollout(3, "rolled back", RolledBack(75, "latency p99"), unmeasured),
                Rollout(2, "good", Promoted(), Promoted(), TimeSpan.FromSeconds(12)),
                Rollout(1, "superseded by v3", null, null),
            },
        };
        answer.Rollouts[0].Notes.Add("the recording is incomplete: 12 ticks that the live judge saw are missing");
        (answer.Rollouts[0].MissingTicks, answer.Rollouts[0].Differing) = (12, 1);
        answer.Rollouts[4].Notes.Add("cannot be judged again: its beginning was not recorded, or is damaged");
        return answer;
    }

    private static ReplayedRollout Rollout(
        int number, string happened, ReplayOutcome? recorded, ReplayOutcome? again, TimeSpan? difference = null) => new()
        {
            Rollout = $"shop-default-{number}",
            Service = "shop",
            Environment = "default",
            Stable = $"v{number}",
            Candidate = $"v{number + 1}",
            StartedAt = At(0),
            Happened = happened,
            Recorded = recorded,
            Again = again,
            Changed = recorded?.Outcome != again?.Outcome,
            Difference = difference is { } time ? Duration.FromTimeSpan(time) : null,
            Judgements = recorded is null ? 0 : 4,
        };

    private static ReplayOutcome Promoted() => new() { Outcome = "promoted", At = At(300), Weight = 10_000, Why = "passed" };

    private static ReplayOutcome RolledBack(int second, string signal) =>
        new() { Outcome = "rolled-back", At = At(second), Weight = 500, Signal = signal, Why = $"{signal} worse than the tolerance" };

    private static Timestamp At(int second) => Start.AddSeconds(second).ToTimestamp();
}
