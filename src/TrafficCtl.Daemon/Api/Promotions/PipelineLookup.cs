using System.Collections.Immutable;
using TrafficCtl.Control.Promoting;
using TrafficCtl.Core.Promotion.Bundles;
using TrafficCtl.Core.Promotion.Environments;
using TrafficCtl.Core.Targets;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Api.Promotions;

/// <summary>What a request names of a pipeline: the service, an environment, a version.</summary>
internal sealed class PipelineLookup(PromotionViews views)
{
    private const int NamesShown = 10, ShortestHash = 6;

    /// <summary>Those of which the caller may read an environment, in the order of names.</summary>
    public ImmutableArray<PromotionView> All(Caller caller) => [.. views.All.Where(view => Seen(caller, view).Any())];

    /// <summary>Every pipeline, whoever may read it.</summary>
    public ImmutableArray<PromotionView> Everything => views.All;

    public Answer<PromotionView> Find(Caller caller, string service)
    {
        if (service.Length == 0) return Refusal.BadRequest("the request names no service", "service");
        if (views.Find(service) is { } view && Seen(caller, view).Any()) return view;
        var names = All(caller).Select(static v => v.Spec.Service).ToList();
        var known = names.Count switch
        {
            0 => "there is none; a delivery file declares one by its environments",
            <= NamesShown => $"pipelines are {string.Join(", ", names)}",
            _ => $"there are {names.Count} pipelines",
        };
        var shown = Quoted.Short(service);
        return Refusal.NotFound("pipeline", service, $"no pipeline \"{shown}\" here: {Suggest.DidYouMean(shown, names) ?? known}");
    }

    /// <summary>The environment of that name, where the caller may read it.</summary>
    public static Answer<EnvironmentSpec> Find(Caller caller, PromotionView view, string environment)
    {
        if (environment.Length == 0) return Refusal.BadRequest("the request names no environment", "environment");
        var seen = Seen(caller, view).ToList();
        if (seen.Find(e => e.Name == environment) is { } found) return found;
        var (shown, names) = (Quoted.Short(environment), seen.Select(static e => e.Name).ToList());
        return Refusal.NotFound(
            "environment", environment,
            $"{view.Spec.Service} has no environment \"{shown}\": "
            + (Suggest.DidYouMean(shown, names) ?? $"it has {string.Join(", ", names)}"));
    }

    /// <summary>The version by its name, or by the first digits of its hash.</summary>
    public static Answer<Placed> FindVersion(PromotionView view, string version)
    {
        var line = view.State.Line;
        if (line.FindNamed(version) is { } named) return named;
        var shown = Quoted.Short(version);
        if (version.Length >= ShortestHash && version.All(char.IsAsciiHexDigitLower))
        {
            var found = line.Ordered.FindAll(p => p.Bundle.Hash.StartsWith(version, StringComparison.Ordinal));
            if (found.Count == 1) return found[0];
            if (found.Count > 1)
                return Refusal.BadRequest(
                    $"{shown} begins the hashes of {string.Join(", ", found.Select(static p => p.Bundle.Name))}: write more digits",
                    "version");
        }

        var names = line.Ordered.Select(static p => p.Bundle.Name).Reverse().ToList();
        var known = names.Count switch
        {
            0 => "nothing was published yet",
            <= NamesShown => $"published are {string.Join(", ", names)}",
            _ => $"the newest are {string.Join(", ", names.Take(NamesShown))}",
        };
        return Refusal.NotFound(
            "version", version, $"{view.Spec.Service} has no version \"{shown}\": {Suggest.DidYouMean(shown, names) ?? known}");
    }

    /// <summary>The environments that the caller may read, in the order of the pipeline.</summary>
    public static IEnumerable<EnvironmentSpec> Seen(Caller caller, PromotionView view) =>
        view.Spec.Promotion.Environments.Where(e => Keys(view, e).Any(caller.Sees));

    /// <summary>The targets of an environment.</summary>
    public static IEnumerable<TargetKey> Keys(PromotionView view, EnvironmentSpec environment) =>
        environment.Targets.Select(target => new TargetKey(view.Spec.Service, environment.Name, target));
}
