using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Ports;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Promotion.State;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>The view of a pipeline as messages of the contract.</summary>
internal static class PipelineMessages
{
    private const int VersionsShown = 20;

    /// <param name="view">The pipeline.</param>
    /// <param name="seen">The environments that the reader may see.</param>
    /// <param name="now">For what is in force; also for forecasts.</param>
    /// <param name="withForecasts">They take time: a list has none.</param>
    public static PipelineStatus Of(PromotionView view, IEnumerable<EnvironmentSpec> seen, DateTimeOffset now, bool withForecasts)
    {
        var status = new PipelineStatus
        {
            Service = view.Spec.Service,
            Unknown = view.Trouble ?? "",
            At = view.At.ToTimestamp(),
        };
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var environment in seen)
        {
            names.Add(environment.Name);
            status.Environments.Add(Of(view, environment, now, withForecasts));
        }

        var ordered = view.State.Line.Ordered;
        for (var i = ordered.Count - 1; i >= 0 && status.Versions.Count < VersionsShown; i--) status.Versions.Add(Of(ordered[i].Bundle));
        status.Stopped.AddRange(view.State.Stops.Where(s => s.Scope.Environment is not { } of || names.Contains(of)).Select(Of));
        status.Warnings.AddRange(view.Warnings);
        return status;
    }

    /// <summary>A bundle in an environment, without a forecast.</summary>
    public static PipelineBundle Of(PromotionView view, string environment, BundleView bundle)
    {
        var record = view.State.In(environment).Of(bundle.Bundle.Hash);
        var message = new PipelineBundle
        {
            Version = bundle.Bundle.Name,
            Hash = bundle.Bundle.Hash,
            Phase = PromotionWords.Of(bundle.Phase.Stage),
            EnteredAt = record.StartedAt?.ToTimestamp(),
            GoodAt = record.GoodAt?.ToTimestamp(),
        };
        if (bundle.Phase.Step >= 0) message.Step = bundle.Phase.Step + 1;
        return message;
    }

    public static PromotionBlock Of(Block block) => new()
    {
        Version = block.Bundle?.Name ?? "",
        Kind = PromotionWords.Of(block.Kind),
        Subject = block.Subject,
        Owner = block.Owner ?? "",
        Since = block.Since.ToTimestamp(),
        Why = block.Why,
        Unblock = block.Unblock,
    };

    private static PipelineEnvironment Of(PromotionView view, EnvironmentSpec environment, DateTimeOffset now, bool withForecasts)
    {
        var state = view.State.In(environment.Name);
        var message = new PipelineEnvironment
        {
            Environment = environment.Name,
            Mode = PromotionWords.Of(environment.Mode),
            Pin = Of(view.State, state.Pin),
            Hold = Of(view.State, state.Hold),
            BreakGlass = state.BreakGlass is { } broken
                ? new PromotionOverlay { Who = broken.Stamp.Who, Reason = broken.Stamp.Why, At = broken.Stamp.At.ToTimestamp() }
                : null,
        };
        message.After.AddRange(environment.After);
        foreach (var (bundle, vetoes) in view.State.Vetoes)
            foreach (var veto in vetoes)
                if (veto.Environment == environment.Name && veto.IsInForce(now)) message.Vetoes.Add(Of(view.State, bundle, veto));
        message.Targets.AddRange(view.Targets.Where(t => t.Key.Environment == environment.Name).Select(Of));
        if (view.Find(environment.Name) is not { } decision) return message;
        message.Desired = decision.Desired?.Name ?? "";
        message.By = PromotionWords.Of(decision.By);
        message.Why = decision.Why;
        message.Skips.AddRange(decision.Skips);
        foreach (var bundle in decision.Bundles)
        {
            var one = Of(view, environment.Name, bundle);
            if (withForecasts) one.Forecast = PipelineForecasts.Of(view, environment, bundle.Bundle, bundle.Phase.Stage, now);
            message.Bundles.Add(one);
        }

        foreach (var block in decision.Blocks)
        {
            var one = Of(block);
            if (withForecasts) one.WithoutSince = PipelineForecasts.WithoutSince(view, environment, block, now)?.ToTimestamp();
            message.Blocks.Add(one);
        }

        return message;
    }

    private static PipelineVersion Of(Bundle bundle) => new()
    {
        Version = bundle.Name,
        Hash = bundle.Hash,
        Commit = bundle.Commit ?? "",
        Author = bundle.Author ?? "",
        Change = bundle.Change?.ToString() ?? "",
        Compatibility = CompatibilityWords.Of(bundle.Compatibility),
        PublishedAt = bundle.PublishedAt.ToTimestamp(),
    };

    private static PromotionOverlay? Of(PromotionState state, Overlay? overlay) => overlay is null ? null : new PromotionOverlay
    {
        Version = state.Find(overlay.Bundle).Bundle.Name,
        Who = overlay.Stamp.Who,
        Reason = overlay.Stamp.Why,
        At = overlay.Stamp.At.ToTimestamp(),
    };

    private static GivenVeto Of(PromotionState state, string bundle, Veto veto) => new()
    {
        Version = state.Find(bundle).Bundle.Name,
        Scope = PromotionWords.Of(veto.Scope),
        Until = veto.Until?.ToTimestamp(),
        Automatic = veto.IsAutomatic,
        Who = veto.Stamp.Who,
        Reason = veto.Stamp.Why,
        At = veto.Stamp.At.ToTimestamp(),
    };

    private static StoppedLine Of(LineStop stop) => new()
    {
        Scope = stop.Scope switch
        {
            { IsOrganisation: true } => "organisation",
            { Environment: null } => "service",
            { Target: null } => "environment",
            _ => "target",
        },
        Environment = stop.Scope.Environment ?? "",
        Target = stop.Scope.Target ?? "",
        Automatic = stop.IsAutomatic,
        Who = stop.Stamp.Who,
        Reason = stop.Stamp.Why,
        At = stop.Stamp.At.ToTimestamp(),
    };

    private static TargetStanding Of(PromotedTarget target)
    {
        var message = new TargetStanding
        {
            Service = target.Key.Service,
            Environment = target.Key.Environment,
            Target = target.Key.IsOfDefaultTarget ? "" : target.Key.Target,
            Desired = target.Desired?.Name ?? "",
            Observed = target.Observed?.Name ?? "",
            BehindSince = target.BehindSince?.ToTimestamp(),
            Connected = target.IsConnected,
            Action = PromotionWords.Of(target.Decided.Action),
            Why = target.Why ?? target.Decided.Why,
        };
        message.Slots.AddRange(target.Slots.Select(Of));
        return message;
    }

    private static SlotStanding Of(SlotStatus slot)
    {
        var message = new SlotStanding
        {
            Slot = slot.Slot,
            Version = slot.Bundle.Version,
            Phase = PromotionWords.Of(slot.Phase),
            Why = slot.Why ?? "",
        };
        message.Endpoints.AddRange(slot.Endpoints.Select(static e => e.GetLeftPart(UriPartial.Authority)));
        return message;
    }
}
