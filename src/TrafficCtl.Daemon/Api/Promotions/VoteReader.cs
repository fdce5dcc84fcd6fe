using System.Collections.Immutable;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Gates;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>Finds the gate and the version that an approval or a rejection is of.</summary>
internal static class VoteReader
{
    public static Answer<ReadOrder> Read(
        MakeOrderRequest request, PromotionView view, EnvironmentSpec environment, ImmutableArray<TargetKey> here, Caller caller)
    {
        var (gate, noGate) = GateOf(request.Gate, environment, view);
        if (gate is null) return noGate!;
        var (placed, noVersion) = request.Version.Length > 0
            ? PipelineLookup.FindVersion(view, request.Version)
            : AskedOf(gate, view, environment);
        if (placed is null) return noVersion!;
        var (isRejection, by) = (request.Kind == "reject", caller.Identity.As(here[0]));
        return new ReadOrder(
            $"{view.Spec.Service}@{environment.Name}", here,
            stamp => new PromotionFact.GateVoted(stamp, environment.Name, gate.Id, placed.Bundle.Hash, isRejection, by),
            placed.Bundle.Name);
    }

    public static Refusal UnknownGate(string gate, EnvironmentSpec environment, IReadOnlyCollection<string> known)
    {
        var shown = Quoted.Short(gate);
        var meant = Suggest.DidYouMean(shown, known)
            ?? (known.Count == 0 ? "none asks for approval" : $"there are {string.Join(", ", known)}");
        return Refusal.NotFound("gate", gate, $"{environment.Name} has no gate \"{shown}\": {meant}");
    }

    private static Answer<EntryGate> GateOf(string named, EnvironmentSpec environment, PromotionView view)
    {
        ImmutableArray<EntryGate> asking = [.. environment.Needs.Where(static g => g.Gate is ApproveGate)];
        ImmutableArray<EntryGate> found = named.Length == 0
            ? asking
            : [.. asking.Where(g => g.Id == named || ((ApproveGate)g.Gate!).By == named)];
        if (found is [var one]) return one;
        if (named.Length > 0) return UnknownGate(named, environment, [.. asking.Select(static g => g.Id)]);
        if (found.IsEmpty)
            return Refusal.BadRequest($"{view.Spec.Service}@{environment.Name} asks nobody for approval", "environment");
        // Where one of several gates waits, that one is meant.
        ImmutableArray<EntryGate> waiting = [.. found.Where(g => Waiting(g, view, environment).Any())];
        return waiting is [var meant]
            ? meant
            : Refusal.BadRequest(
                $"{string.Join(" and ", found.Select(static g => g.Id))} ask for approval: name one with --gate", "gate");
    }

    private static Answer<Placed> AskedOf(EntryGate gate, PromotionView view, EnvironmentSpec environment)
    {
        ImmutableArray<Bundle> waiting = [.. Waiting(gate, view, environment)];
        return waiting switch
        {
            [var one] => view.State.Find(one.Hash),
            [] => Refusal.BadRequest($"{gate.Id} of {environment.Name} asks of no version now: name one", "version"),
            _ => Refusal.BadRequest(
                $"{gate.Id} of {environment.Name} asks of {string.Join(" and ", waiting.Select(static b => b.Name))}: name one", "version"),
        };
    }

    private static IEnumerable<Bundle> Waiting(EntryGate gate, PromotionView view, EnvironmentSpec environment) =>
        view.Find(environment.Name)?.Blocks.Where(b => b.Kind == BlockKind.Gate && b.Subject == gate.Id).Select(static b => b.Bundle)
            .OfType<Bundle>().Distinct() ?? [];
}
