using TrafficCtl.Control.Ports;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;
using Xunit;

namespace TrafficCtl.Control.Tests.Scenarios;

public sealed class GateTests
{
    private readonly FakeGate gate = new();

    [Fact]
    public async Task A_closed_gate_holds_with_what_fires_and_an_open_one_lets_go_on()
    {
        using var world = Begin(gate);
        gate.Answer = () => new GateAnswer.Closed("1 alert fires: HighErrors");
        for (var i = 0; i < 20; i++) await world.SecondAsync();
        Assert.IsType<Phase.Waiting>(world.Phase);
        Assert.Contains(
            "gate alerts, which is closed: 1 alert fires: HighErrors", world.View.LastDecision!.Reason, StringComparison.Ordinal);
        gate.Answer = () => new GateAnswer.Open("none fires");
        await world.UntilAsync(w => w.Phase is Phase.Observing);
        gate.Answer = () => new GateAnswer.Closed("1 alert fires: HighErrors");
        for (var i = 0; i < 60; i++) await world.SecondAsync();
        Assert.Equal(0, Assert.IsType<Phase.Observing>(world.Phase).Step);
        gate.Answer = () => new GateAnswer.Open("none fires");
        await world.UntilAsync(w => w.Phase is Phase.Good);
    }

    [Fact]
    public async Task A_gate_that_does_not_answer_holds_in_its_own_words()
    {
        using var world = Begin(gate);
        gate.Answer = () => throw new IOException("Alertmanager is gone");
        for (var i = 0; i < 20; i++) await world.SecondAsync();
        Assert.IsType<Phase.Waiting>(world.Phase);
        Assert.Contains("gate alerts, which is unknown: Alertmanager is gone", world.View.LastDecision!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_that_nothing_here_can_ask_holds_and_says_so()
    {
        using var world = Begin(null);
        for (var i = 0; i < 5; i++) await world.SecondAsync();
        Assert.Contains("nothing here can say whether alerts are quiet", world.View.LastDecision!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_that_needs_no_quiet_asks_nobody()
    {
        using var world = new World(gate: gate);
        await world.UntilAsync(w => w.Phase is Phase.Good);
        Assert.Equal(0, gate.Asked);
    }

    private static World Begin(IGateSource? gate) => new(World.Spec() with { Needs = [QuietGate.Alerts] }, gate: gate);

    private sealed class FakeGate : IGateSource
    {
        public bool Answers(Gate gate) => gate == QuietGate.Alerts;

        public Func<GateAnswer> Answer { get; set; } = () => new GateAnswer.Open("none fires");

        public int Asked { get; private set; }

        public ValueTask<GateAnswer> AskAsync(Gate gate, ServiceSpec service, CancellationToken stop)
        {
            Asked++;
            return ValueTask.FromResult(Answer());
        }
    }
}
