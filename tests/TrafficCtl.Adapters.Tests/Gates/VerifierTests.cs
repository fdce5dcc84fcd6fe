using Microsoft.Extensions.Logging.Abstractions;
using TrafficCtl.Adapters.Gates;
using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using TrafficCtl.TestKit;
using Xunit;

namespace TrafficCtl.Adapters.Tests.Gates;

/// <summary>A verification is asked once, however often a rollout asks for it.</summary>
public sealed class VerifierTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TemporaryDirectory directory = new();
    private readonly string owner = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Is_asked_once_for_a_rollout_a_gate_and_an_attempt()
    {
        await using var verifier = Begin();
        var gate = Count("exit 0");
        await UntilAsync(verifier, gate, 1, "open");
        for (var i = 0; i < 5; i++) Assert.Equal("open", (await AskAsync(verifier, gate, 1)).Word);
        Assert.Equal(1, Runs);
        await UntilAsync(verifier, gate, 2, "open");
        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task While_it_runs_the_gate_is_unknown()
    {
        await using var verifier = Begin();
        var gate = Count("exec sleep 1000");
        var answer = Assert.IsType<GateAnswer.Unknown>(await AskAsync(verifier, gate, 1));
        Assert.Contains("./count.sh has run for 0 s of at most 5 min", answer.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_new_begins_while_a_rollout_goes_back_or_moves_its_weight(bool goesBack)
    {
        await using var verifier = Begin();
        Phase phase = goesBack ? new Phase.RollingBack(RollbackCause.Abort, "asked") : new Phase.Shifting(1);
        Assert.Equal("unknown", (await AskAsync(verifier, Count("exit 0"), 1, phase)).Word);
        Assert.Equal(0, Runs);
    }

    [Fact]
    public async Task What_nobody_asks_for_any_more_is_ended()
    {
        var clock = new ManualClock(Noon);
        await using var verifier = Begin(clock);
        var gate = Count("exec sleep 1000");
        await AskAsync(verifier, gate, 1);
        await Eventually.TrueAsync(() => Runs == 1, "it runs");
        clock.Advance(TimeSpan.FromSeconds(61));
        await Eventually.TrueAsync(
            async () =>
            {
                // Another rollout asks; the first one's program is ended.
                var other = new VerifyGate(new Verification.Run("./none.sh", [], directory.Path), TimeSpan.FromMinutes(5));
                await AskAsync(verifier, other, 1);
                return !File.ReadAllLines(directory.File("pids")).Any(IsRunning);
            }, "the program has ended");
    }

    [Fact]
    public async Task A_question_of_an_environment_is_asked_once_and_the_next_round_once_more()
    {
        await using var verifier = Begin();
        var gate = Count("exit 0");
        Assert.Contains("./count.sh has run for", (await AskAsync(verifier, gate, Question(0))).Why, StringComparison.Ordinal);
        await Eventually.TrueAsync(async () => (await AskAsync(verifier, gate, Question(0))).Word == "open", "it passed");
        for (var i = 0; i < 5; i++) Assert.Equal("open", (await AskAsync(verifier, gate, Question(0))).Word);
        Assert.Equal(1, Runs);
        await Eventually.TrueAsync(async () => (await AskAsync(verifier, gate, Question(1))).Word == "open", "it passed again");
        Assert.Equal(2, Runs);
    }

    [Fact]
    public async Task Askers_of_one_question_at_once_begin_it_once()
    {
        await using var verifier = Begin();
        var gate = Count("exec sleep 1000");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () => await AskAsync(verifier, gate, Question(0)))));
        await Eventually.TrueAsync(() => Runs > 0, "it runs");
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task A_question_that_was_ended_because_nobody_asked_has_errored_and_is_not_begun_again()
    {
        var clock = new ManualClock(Noon);
        await using var verifier = Begin(clock);
        var gate = Count("exec sleep 1000");
        await AskAsync(verifier, gate, Question(0));
        await Eventually.TrueAsync(() => Runs == 1, "it runs");
        clock.Advance(TimeSpan.FromSeconds(61));
        Assert.IsType<GateAnswer.Unknown>(await AskAsync(verifier, gate, Question(0)));
        clock.Advance(TimeSpan.FromSeconds(61));
        var other = new VerifyGate(new Verification.Run("./none.sh", [], directory.Path), TimeSpan.FromMinutes(5));
        await AskAsync(verifier, other, Question(1));
        await Eventually.TrueAsync(async () => await AskAsync(verifier, gate, Question(0)) is GateAnswer.Errored, "it was ended");
        clock.Advance(TimeSpan.FromSeconds(61));
        await AskAsync(verifier, other, Question(1));
        var answer = Assert.IsType<GateAnswer.Errored>(await AskAsync(verifier, gate, Question(0)));
        Assert.Contains("nobody asked for it any more", answer.Why, StringComparison.Ordinal);
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task A_program_is_told_what_the_question_is_about()
    {
        await using var verifier = Begin();
        var gate = Count("env | grep ^TRAFFICCTL_ | grep -v ^TRAFFICCTL_RUN= | sort > facts");
        await Eventually.TrueAsync(async () => (await AskAsync(verifier, gate, Question(2))).Word == "open", "it passed");
        Assert.Equal(
            [
                "TRAFFICCTL_ATTEMPT=3", $"TRAFFICCTL_BUNDLE={Bundle.Hash}", "TRAFFICCTL_ENDPOINT=", "TRAFFICCTL_ENDPOINTS=",
                $"TRAFFICCTL_ENTRANCE={Spec.Target.Entrance}", "TRAFFICCTL_ENVIRONMENT=default", "TRAFFICCTL_ROLLOUT=",
                "TRAFFICCTL_ROUND=2", "TRAFFICCTL_SERVICE=shop", "TRAFFICCTL_STABLE=", "TRAFFICCTL_TARGET=default",
                "TRAFFICCTL_VERSION=v2+cfg.1",
            ],
            File.ReadAllLines(directory.File("facts")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_address_is_filled_in_and_may_begin_with_the_entrance() => Assert.Equal(
        $"{Spec.Target.Entrance}/e2e?version=v2%2Bcfg.1&round=1&at={Uri.EscapeDataString(Spec.Target.Entrance)}",
        VerifyFacts.Of(Spec, Question(1)).Fill("{entrance}/e2e?version={version}&round={round}&at={entrance}"));

    public void Dispose() => directory.Dispose();

    private static ServiceSpec Spec => new() { Service = "shop", Target = EmbeddedSpecs.FreePort, Versions = [], Stable = "v1" };

    private static Bundle Bundle => Pairing.Revise(
        Pairing.Pair("v2", new BundlePart("shop:v2", "sha256:v2")).Bundle!, new BundlePart("cfg", "sha256:c1")).Bundle!;

    private static Question Question(int round) => new("shop", "default", "smoke", Bundle, round, IsVerification: true);

    private static ValueTask<GateAnswer> AskAsync(IQuestionSource source, Gate gate, Question question) =>
        source.AskAsync(gate, question, Spec, default);

    private int Runs => File.Exists(directory.File("pids")) ? File.ReadAllLines(directory.File("pids")).Length : 0;

    private static bool IsRunning(string pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..][0] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Verifier Begin(TimeProvider? clock = null) => new(
        new CommandRunner(owner, [], clock ?? TimeProvider.System), new AddressAsker([], clock ?? TimeProvider.System),
        clock ?? TimeProvider.System, NullLogger<Verifier>.Instance);

    private VerifyGate Count(string then)
    {
        directory.Script("count.sh", $"echo $$ >> pids\n{then}\n");
        return new VerifyGate(new Verification.Run("./count.sh", [], directory.Path), TimeSpan.FromMinutes(5));
    }

    private static async Task UntilAsync(Verifier verifier, VerifyGate gate, int attempt, string word) =>
        await Eventually.TrueAsync(async () => (await AskAsync(verifier, gate, attempt)).Word == word, $"it is {word}");

    private static ValueTask<GateAnswer> AskAsync(Verifier verifier, VerifyGate gate, int attempt, Phase? phase = null)
    {
        var rollout = new RolloutState(
            "shop-default-1", "shop", "default", 1, "v1", "v2", 1, Noon, Noon, phase ?? new Phase.Waiting("a probe"))
        {
            Plan = new Plan(),
        };
        return ((IGateSource)verifier).AskAsync(gate, new GateSubject(Spec, rollout, new GateFacts(Noon), attempt), default);
    }
}
