using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Config.Reporting;

namespace TrafficCtl.Daemon.Api;

/// <summary>The target that a request's path names; what the path leaves out must be clear without it.</summary>
internal sealed class TargetLookup(Views views, Readiness readiness, ClusterNotes? notes = null)
{
    private const int NamesShown = 10;

    /// <summary>What is not known may be declared in a cluster that is away.</summary>
    private string Undriven => string.Concat((notes?.Invoke() ?? []).Select(static note => $"; {note}"));

    /// <summary>The view of the target, or what is wrong with the path.</summary>
    public (ServiceView? View, ProblemResult? Problem) Find(HttpContext context)
    {
        var service = In(context, "service")!;
        var ofService = views.Of(service);
        if (ofService.IsEmpty) return (null, UnknownService(service));
        var found = ofService;
        if (In(context, "environment") is { } environment)
        {
            found = [.. found.Where(v => v.Key.Environment == environment)];
            if (found.IsEmpty)
                return (null, ProblemResult.NotFound(
                    "unknown environment", $"no {service}@{environment} here: {Known(ofService)}{Undriven}"));
        }

        if (In(context, "target") is { } target)
        {
            var inEnvironment = found;
            found = [.. found.Where(v => v.Key.Target == target)];
            if (found.IsEmpty)
                return (null, ProblemResult.NotFound("unknown target", $"no target \"{target}\" here: {Known(inEnvironment)}{Undriven}"));
        }

        return found is [var one] ? (one, null) : (null, Several(service, found));
    }

    private static ProblemResult Several(string service, ImmutableArray<ServiceView> found)
    {
        var key = found[0].Key;
        var path = $"/v1/services/{service}/environments/{key.Environment}";
        if (found.All(v => v.Key.Environment == key.Environment)) path += $"/targets/{key.Target}";
        return ProblemResult.BadRequest(
            $"{service} has {found.Length} targets here, {Names(found)}: name one, such as {key} (in the API {path})");
    }

    private ProblemResult UnknownService(string service)
    {
        var all = views.All;
        if (all.IsEmpty && readiness.StillUnknown is { } why) return ProblemResult.NotKnownYet(why);
        var names = all.Select(v => v.Spec.Service).Distinct(StringComparer.Ordinal).ToList();
        var known = names.Count switch
        {
            0 => "there is none",
            <= NamesShown => $"services are {string.Join(", ", names)}",
            _ => $"there are {names.Count} services",
        };
        return ProblemResult.NotFound(
            "unknown service", $"no service \"{service}\" here: {Suggest.DidYouMean(service, names) ?? known}{Undriven}");
    }

    private static string Known(ImmutableArray<ServiceView> views) =>
        views.Length == 1 ? $"it is {views[0].Key}" : $"there are {Names(views)}";

    private static string Names(ImmutableArray<ServiceView> views) =>
        views.Length <= NamesShown
            ? string.Join(", ", views.Select(v => v.Key))
            : $"{string.Join(", ", views.Take(NamesShown).Select(v => v.Key))} and {views.Length - NamesShown} more";

    private static string? In(HttpContext context, string name) =>
        context.GetRouteValue(name) is string value ? Uri.UnescapeDataString(value) : null;
}
