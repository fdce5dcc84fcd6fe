using System.Collections.Immutable;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Targets;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Rollouts;
using TrafficCtl.Core.Services;

namespace TrafficCtl.Control.Rounds.Observing;

/// <summary>Asks the gates that a service needs. A gate whose state is unknown counts as not open.</summary>
internal sealed class GateReader(TargetDrivers drivers)
{
    /// <summary>Without a rollout: nothing is saved of the gates.</summary>
    public ValueTask<ImmutableArray<GateView>> AskAsync(ServiceSpec service, GateFacts facts, CancellationToken stop) =>
        AskAsync(service, null, new Moment(facts.Now, TimeSpan.Zero), facts, isReady: false, stop);

    /// <summary>For a rollout: what is saved of its gates is not asked again.</summary>
    /// <param name="service">The service as it is declared now.</param>
    /// <param name="rollout">Its active rollout.</param>
    /// <param name="now">The time of the round.</param>
    /// <param name="isReady">The candidate has a live endpoint, so a test of it means something.</param>
    /// <param name="stop">Ends the asking.</param>
    public ValueTask<ImmutableArray<GateView>> AskAsync(
        ServiceSpec service, RolloutState rollout, Moment now, bool isReady, CancellationToken stop) =>
        AskAsync(service, rollout, now, new GateFacts(now.At) { Version = rollout.Candidate, Author = rollout.Author }, isReady, stop);

    private async ValueTask<ImmutableArray<GateView>> AskAsync(
        ServiceSpec service, RolloutState? rollout, Moment now, GateFacts facts, bool isReady, CancellationToken stop)
    {
        if (service.Needs.IsDefaultOrEmpty) return [];
        var gates = ImmutableArray.CreateBuilder<GateView>(service.Needs.Length);
        string? held = isReady ? null : $"{facts.Version ?? "a version"} has a live endpoint";
        foreach (var gate in service.Needs)
        {
            var saved = rollout?.FindGate(gate.Key);
            var own = facts with { Approvals = saved?.Approvals ?? default };
            var subject = new GateSubject(service, rollout, own, saved?.Attempt ?? 1);
            var answer = Kept(gate, saved) ?? gate.Answer(own);
            if (answer is null && gate.HasEffects && held is not null) answer = new GateAnswer.Unknown($"it is asked when {held}");
            answer ??= await AskAsync(gate, subject, stop);
            var view = ViewOf(gate, answer, saved, now);
            if (!view.IsOpen && !view.IsPassed) held ??= $"gate {gate.Name} is open";
            gates.Add(view);
        }

        return gates.MoveToImmutable();
    }

    /// <summary>An answer that stays; what was passed at its deadline is not asked again, unless it may open by itself.</summary>
    private static GateAnswer? Kept(Gate gate, GateState? saved) =>
        saved is { Word: GateState.Passed } && gate.Kind == GateKind.Latched
            ? new GateAnswer.Closed(saved.Why ?? "")
            : saved?.Answer;

    private static GateView ViewOf(Gate gate, GateAnswer answer, GateState? saved, Moment now)
    {
        var view = new GateView(gate, answer) { IsPassed = saved?.Word == GateState.Passed };
        if (view.IsOpen || view.IsPassed) return view;
        var left = gate.Deadline - (saved is null ? TimeSpan.Zero : now.Elapsed - saved.From);
        return view with { Since = saved?.Since, Left = left < TimeSpan.Zero ? TimeSpan.Zero : left };
    }

    private async ValueTask<GateAnswer> AskAsync(Gate gate, GateSubject subject, CancellationToken stop)
    {
        foreach (var source in drivers.Of(subject.Service.Key).Gates)
        {
            if (!source.Answers(gate)) continue;
            try
            {
                return await source.AskAsync(gate, subject, stop);
            }
            catch (Exception fault) when (fault is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                return new GateAnswer.Unknown(fault.Message);
            }
        }

        return new GateAnswer.Unknown(gate.Unanswered);
    }
}
