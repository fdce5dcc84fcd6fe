using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Promotion;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.V1;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>When versions enter environments, and since when they would be there without a gate.</summary>
internal static class PipelineForecasts
{
    /// <summary>Null where the version is in or over.</summary>
    public static PromotionForecast? Of(
        PromotionView view, EnvironmentSpec environment, Bundle bundle, BundleStage? stage, DateTimeOffset now)
    {
        if (stage is not (null or BundleStage.Pending or BundleStage.Approved or BundleStage.Vetoed or BundleStage.RolledBack)) return null;
        var forecast = EntryForecasts.When(view.Spec.Promotion, view.State, environment, bundle, now);
        var message = new PromotionForecast { At = forecast.At?.ToTimestamp(), Never = forecast.Never ?? "" };
        message.If.AddRange(forecast.If);
        return message;
    }

    /// <summary>Since when what the gate keeps out would be in without it; null where that says nothing.</summary>
    public static DateTimeOffset? WithoutSince(PromotionView view, EnvironmentSpec environment, Block block, DateTimeOffset now) =>
        block is { Kind: BlockKind.Gate, Bundle: { } bundle }
            ? EntryForecasts.SinceWithout(view.Spec.Promotion, view.State, environment, bundle, block.Subject, now)
            : null;

    /// <summary>The versions that are on their way somewhere, newest first; else the newest of all.</summary>
    public static ImmutableArray<Bundle> OnTheirWay(PromotionView view)
    {
        var moving = view.Environments.SelectMany(static e => e.Bundles)
            .Where(static b => b.Phase.Stage is BundleStage.Pending or BundleStage.Approved or BundleStage.Deploying or BundleStage.Baking)
            .Select(static b => b.Bundle.Hash).ToHashSet(StringComparer.Ordinal);
        var line = view.State.Line.Ordered;
        ImmutableArray<Bundle> found = [.. line.Select(static p => p.Bundle).Where(b => moving.Contains(b.Hash)).Reverse()];
        return found.IsEmpty && !line.IsEmpty ? [line[^1].Bundle] : found;
    }

    public static VersionForecast Of(PromotionView view, IEnumerable<EnvironmentSpec> seen, Bundle bundle, DateTimeOffset now)
    {
        var message = new VersionForecast { Version = bundle.Name, Hash = bundle.Hash };
        message.Environments.AddRange(seen.Select(environment => In(view, environment, bundle, now)));
        return message;
    }

    private static EnvironmentForecast In(PromotionView view, EnvironmentSpec environment, Bundle bundle, DateTimeOffset now)
    {
        var here = view.Find(environment.Name)?.Bundles.FirstOrDefault(b => b.Bundle.Hash == bundle.Hash);
        var record = view.State.In(environment.Name).Of(bundle.Hash);
        var isPast = here is null && record.StartedAt is not null;
        var message = new EnvironmentForecast
        {
            Environment = environment.Name,
            Phase = here is null ? "" : PromotionWords.Of(here.Phase.Stage),
            EnteredAt = record.StartedAt?.ToTimestamp(),
            GoodAt = record.GoodAt?.ToTimestamp(),
            Forecast = isPast ? null : Of(view, environment, bundle, here?.Phase.Stage, now),
        };
        if (message.Forecast is null) return message;
        foreach (var gate in environment.Needs)
            if (EntryForecasts.SinceWithout(view.Spec.Promotion, view.State, environment, bundle, gate.Id, now) is { } since)
                message.Without.Add(new Counterfactual { Gate = gate.Id, Since = since.ToTimestamp() });
        return message;
    }
}
