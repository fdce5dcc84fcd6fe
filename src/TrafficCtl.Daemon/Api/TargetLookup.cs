using System.Collections.Immutable;
using TrafficCtl.Control.Viewing;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Daemon.Texts;

namespace TrafficCtl.Daemon.Api;

/// <summary>The target that a request names; what the request leaves out must be clear without it.</summary>
internal sealed class TargetLookup(Views views, Readiness readiness, ClusterNotes? notes = null)
{
    private const int NamesShown = 10;

    /// <summary>What is not known may be declared in a cluster that is away.</summary>
    private string Undriven => string.Concat((notes?.Invoke() ?? []).Select(static note => $"; {note}"));

    /// <summary>The view of the target, or what is wrong with its name. An empty environment or target is left out.</summary>
    public (ServiceView? View, Refusal? Refusal) Find(Caller caller, string service, string environment, string target)
    {
        if (service.Length == 0) return (null, Refusal.BadRequest("the request names no service", "service"));
        ImmutableArray<ServiceView> ofService = [.. views.Of(service).Where(v => caller.Sees(v.Key))];
        if (ofService.IsEmpty) return (null, UnknownService(caller, service));
        var found = ofService;
        if (environment.Length > 0)
        {
            found = [.. found.Where(v => v.Key.Environment == environment)];
            if (found.IsEmpty)
                return (null, Refusal.NotFound(
                    "environment", environment, $"no {service}@{Quoted.Short(environment)} here: {Known(ofService)}{Undriven}"));
        }

        if (target.Length > 0)
        {
            var inEnvironment = found;
            found = [.. found.Where(v => v.Key.Target == target)];
            if (found.IsEmpty)
                return (null, Refusal.NotFound(
                    "target", target, $"no target \"{Quoted.Short(target)}\" here: {Known(inEnvironment)}{Undriven}"));
        }

        return found is [var one] ? (one, null) : (null, Several(service, found));
    }

    /// <summary>A target of the service is unknown to the caller because of its role alone.</summary>
    public bool Hides(Caller caller, string service) => views.Of(service).Any(v => !caller.Sees(v.Key));

    private static Refusal Several(string service, ImmutableArray<ServiceView> found)
    {
        var key = found[0].Key;
        var path = $"/v1/services/{service}/environments/{key.Environment}";
        if (found.All(v => v.Key.Environment == key.Environment)) path += $"/targets/{key.Target}";
        return Refusal.BadRequest(
            $"{service} has {found.Length} targets here, {Names(found)}: name one, such as {key} (in the API {path})",
            found.All(v => v.Key.Environment == key.Environment) ? "target" : "environment");
    }

    private Refusal UnknownService(Caller caller, string service)
    {
        var all = views.All;
        if (all.IsEmpty && readiness.StillUnknown is { } why) return Refusal.NotKnownYet(why);
        var names = all.Where(v => caller.Sees(v.Key)).Select(v => v.Spec.Service).Distinct(StringComparer.Ordinal).ToList();
        var known = names.Count switch
        {
            0 => "there is none",
            <= NamesShown => $"services are {string.Join(", ", names)}",
            _ => $"there are {names.Count} services",
        };
        var shown = Quoted.Short(service);
        return Refusal.NotFound(
            "service", service, $"no service \"{shown}\" here: {Suggest.DidYouMean(shown, names) ?? known}{Undriven}");
    }

    private static string Known(ImmutableArray<ServiceView> views) =>
        views.Length == 1 ? $"it is {views[0].Key}" : $"there are {Names(views)}";

    private static string Names(ImmutableArray<ServiceView> views) =>
        views.Length <= NamesShown
            ? string.Join(", ", views.Select(v => v.Key))
            : $"{string.Join(", ", views.Take(NamesShown).Select(v => v.Key))} and {views.Length - NamesShown} more";
}
