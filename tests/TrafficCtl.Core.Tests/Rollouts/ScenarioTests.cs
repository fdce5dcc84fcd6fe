using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Rollouts;
using Xunit;

namespace TrafficCtl.Core.Tests.Rollouts;

/// <summary>
/// Scripts in <c>Scenarios/*.txt</c>: <c>given</c> a plan, then <c>+time  sights</c> (they stay until changed), each followed by what is
/// decided.
/// </summary>
/// <remarks>
/// The router confirms each decision unless it is <c>silent</c>; <c>clock -1h</c> sets the time of day. With <c>TRAFFICCTL_ACCEPT=1</c> the
/// scripts are rewritten as they come out.
/// </remarks>
public sealed class ScenarioTests
{
    public static TheoryData<string> Scripts() =>
        [.. Directory.GetFiles(Folder(), "*.txt").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Decides_as_the_script_says(string script)
    {
        var path = Path.Combine(Folder(), script + ".txt");
        var written = File.ReadAllText(path);
        var played = Play(written);
        if (Environment.GetEnvironmentVariable("TRAFFICCTL_ACCEPT") == "1") File.WriteAllText(path, played);
        else Assert.Equal(written, played, ignoreLineEndingDifferences: true);
    }

    private static string Play(string script)
    {
        var output = new StringBuilder();
        var stage = new ScenarioStage();
        foreach (var line in script.Split('\n').Where(l => !l.StartsWith(' ')))
        {
            output.Append(line).Append('\n');
            if (line.StartsWith("given ", StringComparison.Ordinal)) stage.Begin(line["given ".Length..]);
            else if (line.StartsWith('+')) output.Append("    ").Append(stage.Tick(line[1..])).Append('\n');
        }

        return output.ToString().TrimEnd('\n') + "\n";
    }

    private static string Folder([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "Scenarios");
}

/// <summary>A rollout on a stage: a clock, the sights, and a router that confirms.</summary>
internal sealed class ScenarioStage
{
    private RolloutState state = Given.State(new Phase.Waiting("a first good probe of v2")) with { Generation = 1 };
    private Seen seen = new() { Versions = ["v1", "v2", "v3"], Evidence = new StepEvidence(0, 100) };
    private DateTimeOffset now = Given.Noon;
    private TimeSpan elapsed;
    private TimeSpan? goneFrom, withdrawnFrom;
    private bool silent;
    private long wishes;

    /// <summary><c>blue-green</c> or <c>5 10 50</c>; then <c>holdback 10m</c>, <c>watch 5m</c>, <c>unsure 10m rollback</c>.</summary>
    public void Begin(string plan)
    {
        TimeSpan? holdback = null, watch = null;
        UnsurePolicy? unsure = null;
        var stages = new List<Stage>();
        var words = plan.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i] == "holdback") holdback = Time(words[++i]);
            else if (words[i] == "watch") watch = Time(words[++i]);
            else if (words[i] == "unsure")
                unsure = new UnsurePolicy(Time(words[++i]), Enum.Parse<UnsureOutcome>(words[++i], ignoreCase: true));
            else if (words[i] != "blue-green") stages.AddRange(PlansTests.Stages(words[i]));
        }

        state = state with
        {
            Plan = plan.StartsWith("blue-green", StringComparison.Ordinal)
                ? Plans.AtOnce(Strategy.BlueGreen, watch)
                : Plans.Canary([.. stages], holdback, watch, ifUnsure: unsure),
        };
    }

    public string Tick(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (now, elapsed) = (now + Time(words[0]), elapsed + Time(words[0]));
        for (var i = 1; i < words.Length; i++) i = See(words, i);
        seen = seen with { AppliedGeneration = silent ? null : state.Generation };
        if (seen.CandidateHealth is { } health) seen = seen with { CandidateHealth = health with { GoneFor = elapsed - goneFrom } };
        seen = seen with { WithdrawnFor = elapsed - withdrawnFrom };
        var decision = RolloutEngine.Decide(state, seen, new Moment(now, elapsed));
        var asked = decision.Wishes.Length;
        state = decision.Next;
        seen = seen with
        {
            Wishes = [.. seen.Wishes.Where(w => decision.Wishes.All(o => o.Wish.Id != w.Id))],
            NewerVersion = decision.Queues ?? seen.NewerVersion,
        };
        return $"{decision.Kind,-10} {state.Phase.Name,-11} {Exposures.For(state.Plan, state.Phase),-5} "
            + $"{(asked > 0 ? decision.Wishes[0].Accepted ? "yes: " : "no: " : "")}{decision.Reason}";
    }

    private int See(string[] words, int i)
    {
        switch (words[i])
        {
            case "live":
                var counts = words[++i].Split('/').Select(c => int.Parse(c, CultureInfo.InvariantCulture)).ToArray();
                seen = seen with { CandidateHealth = new ArmHealth(counts[1], counts[0], counts[2], null) };
                goneFrom = counts[0] == 0 ? goneFrom ?? elapsed : null;
                return i;
            case "requests":
                seen = seen with { Evidence = new StepEvidence(long.Parse(words[++i], CultureInfo.InvariantCulture), 100) }; return i;
            case "pass" or "unsure" or "fail":
                seen = seen with { Judgement = Given.Judgement(Enum.Parse<Verdict>(words[i], ignoreCase: true)) }; return i;
            case "beyond": seen = seen with { Judgement = Given.Judgement(Verdict.Unsure) with { Beyond = "errors" } }; return i;
            case "unmeasured": seen = seen with { Judgement = null }; return i;
            case "blind": seen = seen with { Unmeasured = "Prometheus does not answer" }; return i;
            case "sighted": seen = seen with { Unmeasured = null }; return i;
            case "unlisted" or "listed":
                withdrawnFrom = words[i] == "unlisted" ? elapsed : null;
                seen = seen with { Versions = words[i] == "unlisted" ? seen.Versions.Remove("v2") : seen.Versions.Add("v2") };
                return i;
            case "silent": silent = true; return i;
            case "answers": silent = false; return i;
            case "trip": seen = seen with { Trip = new BreakerTrip(state.Id, now, "9 of 9 requests failed") }; return i;
            case "gate":
                GateAnswer answer = words[++i] == "open" ? new GateAnswer.Open("none fires") : new GateAnswer.Closed("2 alerts fire");
                seen = seen with { Gates = [new GateView(QuietGate.Alerts, answer)] };
                return i;
            case "clock": now += Time(words[++i]); return i;
            case "newer": seen = seen with { NewerVersion = words[++i] }; return i;
            case "wish":
                var kind = Enum.Parse<WishKind>(words[++i].Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
                seen = seen with { Wishes = seen.Wishes.Add(Given.Wish(kind, kind == WishKind.Publish ? words[++i] : null, ++wishes)) };
                return i;
            default: throw new FormatException($"unknown observed '{words[i]}'");
        }
    }

    private static TimeSpan Time(string word) => double.Parse(word[..^1], CultureInfo.InvariantCulture) * (word[^1] switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => throw new FormatException($"'{word}' is not a time such as 60s, 5m, 1h, 1d"),
    });
}
