using TrafficCtl.Core.Targets;

namespace TrafficCtl.Kubernetes.Mesh;

/// <summary>How routes of one dialect are declared, and what is right for them when nobody says more.</summary>
/// <param name="Dialect">What a route begins with: <c>istio</c>. Lower-case letters and dashes.</param>
/// <param name="Mode">Whether weights are patched in an object of the user's, or in one that the controller makes.</param>
/// <param name="Metrics">The preset that counts its requests; null where nobody can know it.</param>
public sealed record RouteForm(string Dialect, RouteMode Mode, string? Metrics)
{
    /// <summary>An object has several rules, and a route may name one.</summary>
    public bool HasRules { get; init; }

    /// <summary>
    /// For cohorts an object is made beside it, which repeats one rule: not more than one of its rules can be managed then.
    /// </summary>
    public bool RepeatsRule { get; init; }

    /// <summary>As documents write it: <c>istio/NAME#RULE</c>.</summary>
    public string Text => HasRules ? $"{Dialect}/NAME#RULE" : $"{Dialect}/NAME";

    /// <summary>The regular expression of a Delivery's <c>route</c>: one route, or several with commas between.</summary>
    public static string Pattern(IEnumerable<RouteForm> forms)
    {
        var one = $@"({string.Join('|', forms.Select(f => f.Dialect))})/[^#\s,]+(#\S+)?";
        return $@"^\s*{one}(\s*,\s*{one})*\s*$";
    }
}
