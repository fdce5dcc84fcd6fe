using TrafficCtl.Cli.Watching;
using TrafficCtl.V1;
using Xunit;

namespace TrafficCtl.Cli.Tests;

/// <summary>A daemon, a file or a trace that says what would steer a terminal: every command shows it and nothing obeys it.</summary>
public sealed class HostileTextTests
{
    private const string Bad = "a\u001b]0;x\u0007\u001b[2Jb\u009b31m\u202e\u2028\u200b\ufeff\nforged: line\r";
    private const string Shown = "a\\u001b]0;x\\u0007\\u001b[2Jb\\u009b31m\\u202e\\u2028\\u200b\\ufeff\\nforged: line\\r";

    [Theory]
    [InlineData("status")]
    [InlineData("status checkout")]
    [InlineData("why checkout")]
    [InlineData("history checkout")]
    [InlineData("pause checkout")]
    [InlineData("status gone")]
    public async Task What_the_daemon_says_is_shown_escaped(string line)
    {
        await using var daemon = await HostileAsync();
        foreach (var more in (string[][])[[], ["-o", "json"]])
        {
            var run = await Run.OfAsync(daemon.Address, [.. line.Split(' '), .. more]);
            AssertHarmless(run.Out + run.Error);
            Assert.Contains("u001b[2J", run.Out + run.Error, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("\nforged: line", run.Out + run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Watch_shows_it_escaped_with_a_terminal_and_without()
    {
        await using var daemon = (await CannedDaemon.StartAsync()).WithEvents("/v1/watch", Status());
        AssertHarmless((await Run.OfAsync(daemon.Address, ["watch"])).Out);
        AssertHarmless((await Run.OfAsync(daemon.Address, ["watch", "-o", "json"])).Out);
        foreach (var columns in (int[])[40, 80, 200])
        {
            var frame = Frame.Lines(WatchView.Render(Status(), columns), columns, colours: false);
            Assert.All(frame, line => Assert.InRange(Frame.Cells(line), 0, columns));
            Assert.All(frame, line => AssertHarmless(line));
            Assert.Contains(frame, line => line.Contains("\\u001b", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("service: \"a\\e[2Jb\"\n", "1:10: service: has the character U+001B (escape)")]
    [InlineData("service: \"a\\u202Eb\"\n", "1:10: service: has the character U+202E (right-to-left override)")]
    [InlineData("service: a\nenvironment: \"x\\ny\"\n", "2:14: environment: has the character U+000A (line feed)")]
    [InlineData("service: a\nstable: \"v\\u200B1\"\n", "2:9: stable: has the character U+200B (zero width space)")]
    [InlineData("service: a\nversions: { \"v1\\n\": [http://127.0.0.1:1] }\n", "is not a name")]
    [InlineData("service: a\nversions: { \"v\\u202E1\": [http://127.0.0.1:1] }\n", "is not a name")]
    [InlineData("service: a\ncohorts: { \"st\\u2066aff\": { header: x-a, equals: \"1\" } }\n", "is not a name")]
    [InlineData(
        "service: a\ncohorts: { staff: { header: \"x-a\\x9B\", equals: \"1\" } }\n",
        "2:29: cohorts.staff.header: has the character U+009B (control sequence introducer)")]
    [InlineData("service: a\ncohorts: { staff: { claim: \"a\\u2028b\", equals: \"1\" } }\n", "has the character U+2028 (line separator)")]
    [InlineData("service: a\nidentity: [\"claim:a\\uFEFFb\"]\n", "2:12: identity[0]: has the character U+FEFF (byte order mark)")]
    [InlineData("service: a\nanalysis: { \"ord\\u061Cers\": { direction: higher } }\n", "is not a name")]
    [InlineData("service: a\n# \u202e\n", "2:3: the character U+202E (right-to-left override) is not allowed (it turns the direction")]
    [InlineData("service: a\n# hidden\u2028stable: v2\n", "2:9: the character U+2028 (line separator) is not allowed (it breaks the line")]
    [InlineData("service: a\n# hidden\u0085stable: v2\n", "2:9: the character U+0085 (next line) is not allowed")]
    [InlineData("service: a\n# hidden\rstable: v2\n", "2:9: the character U+000D (carriage return) is not allowed (end lines with")]
    [InlineData("service: a\n\"un\\e[2Jknown\": 1\n", "unknown key")]
    [InlineData("service: !<\u200b> a\n", "")]
    [InlineData("service: [\u200b\n", "")]
    public async Task What_a_file_hides_is_refused_at_its_place_and_shown_escaped(string text, string says)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        foreach (var command in (string[])["check", "explain", "run -f", "judge - --analysis", "check -o json"])
        {
            var run = await Run.OfAsync([.. command.Split(' '), file]);
            Assert.Equal(1, run.ExitCode);
            AssertHarmless(run.Out + run.Error);
            if (command is "check" or "explain" or "run -f") Assert.Contains(says, run.Error, StringComparison.Ordinal);
        }

        File.Delete(file);
    }

    [Fact]
    public async Task Lines_may_end_as_they_do_on_Windows_and_comments_may_be_in_any_script()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            file,
            "service: a # \u200f\u200d\U0001f468\u200d\U0001f469\r\nlisten: http://127.0.0.1:8080\r\n"
            + "versions:\r\n  v1: [http://127.0.0.1:5001]\r\nstable: v1\r\n",
            TestContext.Current.CancellationToken);
        Assert.Equal(new Run(0, "good: a\n", ""), await Run.OfAsync("check", file));
        File.Delete(file);
    }

    [Theory]
    [InlineData("{\"trace\":\"\\u001b[2J\\u202e\",\"t\":5,\"arm\":\"stable\",\"requests\":10,\"errors\":0}", 0)]
    [InlineData("{\"trace\":\"\u009b\u202e\",\"t\":5,\"arm\":\"stable\",\"requests\":10,\"errors\":0}", 0)]
    [InlineData("{\"trace\":\"a\",\"t\":5,\"arm\":\"\\u001b[2J\",\"requests\":10,\"errors\":0}", 1)]
    [InlineData("{\"\\u001b[2J\":1}", 1)]
    [InlineData("\u009b[2J \u202e", 1)]
    [InlineData("{\"trace\":\"a\",\"t\":5,\"arm\":\"stable\",\"requests\":10,\"errors\":0,\"metrics\":{\"\\u001b[2J\":1}}", 0)]
    public async Task Windows_are_judged_and_shown_escaped(string line, int exit)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, line + "\n", TestContext.Current.CancellationToken);
        foreach (var more in (string[][])[[], ["--explain"]])
        {
            var run = await Run.OfAsync(["judge", file, .. more]);
            Assert.Equal(exit, run.ExitCode);
            AssertHarmless(run.Out + run.Error);
        }

        File.Delete(file);
    }

    private static void AssertHarmless(string text) => Assert.DoesNotContain(
        text, static c => c != '\n' && (char.IsControl(c) || c is '\u200b' or '\u2028' or '\u202e' or '\ufeff' or '\u061c' or '\u2066'));

    private static async Task<CannedDaemon> HostileAsync() => (await CannedDaemon.StartAsync())
        .With("/v1/services", new ListServicesResponse { Services = { Status(), Status() } })
        .With("/v1/services/checkout", Status())
        .With("/v1/services/checkout/why", new WhyResponse { Service = Bad, Rollout = Bad, Summary = Bad, Facts = { Fact() } })
        .With("/v1/services/checkout/history?limit=100", new HistoryResponse { Facts = { Fact() } })
        .With("/v1/services/checkout/wishes", new MakeWishResponse { Answered = true, Accepted = true, Answer = Bad })
        .With("/v1/services/gone", new Problem { Title = Bad, Detail = Bad, Status = 404 });

    private static Fact Fact() => Example.Fact(1, 0, Bad, Bad, Bad, Bad);

    private static ServiceStatus Status()
    {
        var status = Example.Active();
        (status.Service, status.Environment, status.LastGood, status.FileStable, status.Listen) = (Bad, Bad, Bad, Bad, Bad);
        status.Warnings.Add(Bad);
        var rollout = status.Rollout;
        (rollout.Id, rollout.Stable, rollout.Candidate, rollout.Reason, rollout.Breaker) = (Bad, Bad, Bad, Bad, Bad);
        status.Rollout.WaitsFor.Add(Bad);
        status.Rollout.Judgement.Findings[0].Signal = Bad;
        status.Rollout.Judgement.Findings[0].Text = Bad;
        status.Rollout.Judgement.Blame = Bad;
        (status.Stable.Version, status.Candidate.Version) = (Bad, Bad);
        status.Recent.Add(Fact());
        return status;
    }
}
