using System.Collections.Immutable;
using System.Diagnostics;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.Facts;
using TrafficCtl.Core.Targets;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>Finds what an order of one pipeline names, and what it may be taken to mean where it leaves something out.</summary>
internal static class OrderReader
{
    public static Answer<ReadOrder> Read(MakeOrderRequest request, OrderKind kind, PromotionView view, Caller caller)
    {
        if (kind.MayBeOfAll) return Line(request, kind, view, caller);
        var (environment, unknown) = PipelineLookup.Find(caller, view, request.Environment);
        if (environment is null) return unknown!;
        var (name, what) = (environment.Name, $"{view.Spec.Service}@{environment.Name}");
        ImmutableArray<TargetKey> here = [.. PipelineLookup.Keys(view, environment)];
        switch (kind.Name)
        {
            case "unpin": return new ReadOrder(what, here, stamp => new PromotionFact.Unpinned(stamp, name));
            case "release": return new ReadOrder(what, here, stamp => new PromotionFact.Released(stamp, name));
            case "break-glass": return new ReadOrder(what, here, stamp => new PromotionFact.BreakGlassBegun(stamp, name));
            case "lift-break-glass": return new ReadOrder(what, here, stamp => new PromotionFact.BreakGlassLifted(stamp, name));
            case "approve" or "reject": return VoteReader.Read(request, view, environment, here, caller);
        }

        var (placed, nothing) = request.Version.Length > 0 ? PipelineLookup.FindVersion(view, request.Version) : Meant(kind, view, name);
        if (placed is null) return nothing!;
        var bundle = placed.Bundle.Hash;
        return kind.Name switch
        {
            "promote" => Of(here, stamp => new PromotionFact.PromotionOrdered(stamp, name, bundle)),
            "pin" => Of(here, stamp => new PromotionFact.Pinned(stamp, name, bundle)),
            "hold" => Of(here, stamp => new PromotionFact.Held(stamp, name, bundle)),
            "veto" => Veto(),
            "unveto" => Of(Lifted(view, name, bundle, here), stamp => new PromotionFact.Unvetoed(stamp, name, bundle)),
            "revoke" => Revoke(request, environment, placed, here, what),
            _ => throw new UnreachableException(),
        };

        ReadOrder Of(ImmutableArray<TargetKey> reached, Func<FactStamp, PromotionFact> make) =>
            new(what, reached, make, placed.Bundle.Name);

        ReadOrder Veto()
        {
            var (scope, until) = (OrderRequests.ScopeOf(request), request.Until?.ToDateTimeOffset());
            return Of(Reached(view, name, scope), stamp => new PromotionFact.Vetoed(stamp, name, bundle, scope, until));
        }
    }

    /// <summary>Every target of the pipelines.</summary>
    public static ImmutableArray<TargetKey> TargetsOf(IEnumerable<PromotionView> views) =>
        [.. views.SelectMany(static view => view.Spec.Promotion.Environments.SelectMany(e => PipelineLookup.Keys(view, e)))];

    private static Answer<ReadOrder> Line(MakeOrderRequest request, OrderKind kind, PromotionView view, Caller caller)
    {
        var service = view.Spec.Service;
        if (request.Environment.Length == 0) return Of(service, TargetsOf([view]), LineScope.Service);
        var (environment, unknown) = PipelineLookup.Find(caller, view, request.Environment);
        if (environment is null) return unknown!;
        if (request.Target.Length == 0)
            return Of($"{service}@{environment.Name}", [.. PipelineLookup.Keys(view, environment)], new LineScope(environment.Name));
        var key = new TargetKey(service, environment.Name, request.Target);
        return environment.Targets.Contains(request.Target)
            ? Of(key.ToString(), [key], new LineScope(environment.Name, request.Target))
            : Refusal.NotFound(
                "target", request.Target, $"{service}@{environment.Name} has no target \"{Texts.Quoted.Short(request.Target)}\": "
                + (Config.Reporting.Suggest.DidYouMean(request.Target, environment.Targets)
                    ?? $"it has {string.Join(", ", environment.Targets)}"));

        Answer<ReadOrder> Of(string what, ImmutableArray<TargetKey> reached, LineScope scope) =>
            new ReadOrder(what, reached, OfLine(kind, scope));
    }

    /// <summary>The fact of a line that is stopped or released.</summary>
    public static Func<FactStamp, PromotionFact> OfLine(OrderKind kind, LineScope scope) => kind.Name == "stop-the-line"
        ? stamp => new PromotionFact.LineStopped(stamp, scope)
        : stamp => new PromotionFact.LineReleased(stamp, scope);

    /// <summary>The version of an order that names none: what runs is held, and the newest that waits is promoted.</summary>
    private static Answer<Placed> Meant(OrderKind kind, PromotionView view, string environment)
    {
        var decision = view.Find(environment);
        var bundle = kind.Name == "hold"
            ? decision?.Desired
            : decision?.Bundles.FirstOrDefault(static b => b.Phase.Stage is BundleStage.Pending or BundleStage.Approved)?.Bundle;
        if (bundle is not null) return view.State.Find(bundle.Hash);
        return Refusal.BadRequest(
            kind.Name == "hold"
                ? $"{environment} runs no version of {view.Spec.Service} that could be held: name one"
                : $"no version of {view.Spec.Service} waits before {environment}: name one",
            "version");
    }

    private static Answer<ReadOrder> Revoke(
        MakeOrderRequest request, EnvironmentSpec environment, Placed placed, ImmutableArray<TargetKey> here, string what)
    {
        string? gate = null;
        if (request.Gate.Length > 0)
        {
            var gates = environment.Needs.Concat(environment.Verify).Select(static g => g.Id).ToList();
            if (!gates.Contains(request.Gate)) return VoteReader.UnknownGate(request.Gate, environment, gates);
            gate = request.Gate;
        }

        return new ReadOrder(
            what, here, stamp => new PromotionFact.EvidenceRevoked(stamp, environment.Name, placed.Bundle.Hash, gate), placed.Bundle.Name);
    }

    /// <summary>An order of one environment may not reach another by the right of the first alone.</summary>
    private static ImmutableArray<TargetKey> Reached(PromotionView view, string environment, VetoScope scope)
    {
        var spec = view.Spec.Promotion;
        return
        [
            .. spec.Environments.Where(e => e.Name == environment || scope == VetoScope.Service
                    || (scope == VetoScope.Downstream && spec.IsUpstream(environment, e.Name)))
                .SelectMany(e => PipelineLookup.Keys(view, e)),
        ];
    }

    /// <summary>Where the vetoes reach that were given in the environment.</summary>
    private static ImmutableArray<TargetKey> Lifted(
        PromotionView view, string environment, string bundle, ImmutableArray<TargetKey> here) =>
        view.State.Vetoes.TryGetValue(bundle, out var vetoes)
            ?
            [
                .. vetoes.Where(v => v.Environment == environment).SelectMany(v => Reached(view, environment, v.Scope)).Concat(here)
                    .Distinct(),
            ]
            : here;
}
