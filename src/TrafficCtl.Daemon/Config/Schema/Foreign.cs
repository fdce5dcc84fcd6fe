using System.Collections.Immutable;
using System.Globalization;
using TrafficCtl.Daemon.Config.Reporting;
using TrafficCtl.Kubernetes.Mesh.Keeping;

namespace TrafficCtl.Daemon.Config.Schema;

/// <summary>Keys of Flagger and Argo Rollouts, each with what says the same here.</summary>
/// <remarks>Names as in the objects of Flagger 1 (Canary) and Argo Rollouts 1 (Rollout, AnalysisTemplate).</remarks>
internal static class Foreign
{
    private const int MostWeights = 20;

    private const string UsualWeights = "5, 25, 50, 100";
    private const string Usual = $"rollout: [{{ weights: [{UsualWeights}], hold: 1m }}]";
    private const string Analysis = "analysis: { errors: { worse-by: 0.1pp }, latency: { worse-by: 10% } }";
    private const string Unsure = "analysis: { if-unsure: { hold: 2h, then: pause } }";

    private static readonly string Steps = $"steps are written `{Usual}`";
    private static readonly string Tolerances = $"how much worse is too much is written `{Analysis}`; a verdict has a known error rate "
        + "and counts no failed checks";
    private static readonly string Deadline = $"how long a step may stay undecided is written `{Unsure}`";
    private static readonly string NoCopies =
        $"leave it out: copies of requests are a step of services on {string.Join(" and ", MeshServices.Mirroring)} (docs/meshes.md)";
    private const string Object = "this is an object of Kubernetes: a delivery file has none, and on a cluster a Service is annotated "
        + "(docs/kubernetes.md)";
    private const string People = "leave it out: a person asks by trafficctl pause, resume and promote";

    /// <summary>Beside the keys of a service.</summary>
    public static ImmutableDictionary<string, string> OfService { get; } = Table(
        (Steps, ["steps", "setWeight", "weight", "stepWeightPromotion", "iterations", "interval", "canaryAnalysis"]),
        ("the strategy is written `strategy: canary`, and its steps `" + Usual + "`", ["canary"]),
        ("the strategy is written `strategy: blue-green`", ["blueGreen", "bluegreen"]),
        ("to take a version in at once write `strategy: all-at-once`", ["skipAnalysis"]),
        (Tolerances, [
            "threshold", "thresholdRange", "failureLimit", "successCondition", "failureCondition", "analysisTemplates", "templates"
        ]),
        (Deadline, ["progressDeadlineSeconds"]),
        ("users keep their version by themselves, or by `identity: [header:x-user-id]`", ["sessionAffinity"]),
        ("the time after 100 % with the old version kept warm is written `watch: 1h`", [
            "scaleDownDelaySeconds", "abortScaleDownDelaySeconds"
        ]),
        ("endpoints are written `versions: { v1: [http://127.0.0.1:5001] }`", [
            "targetRef", "workloadRef", "autoscalerRef", "ingressRef", "replicas", "selector", "template", "endpoints", "upstreams",
            "backends"
        ]),
        ("leave it out: this process splits the traffic by itself", [
            "provider", "trafficRouting", "stableService", "canaryService", "activeService", "previewService", "dynamicStableScale",
            "maxSurge", "maxUnavailable"
        ]),
        (NoCopies, ["mirror", "mirrorWeight", "mirrorPercentage", "setMirrorRoute"]),
        (People, ["pause", "autoPromotionEnabled", "autoPromotionSeconds"]),
        (Object, ["apiVersion", "kind", "metadata", "spec", "status"]));

    /// <summary>Beside the keys of the analysis.</summary>
    public static ImmutableDictionary<string, string> OfAnalysis { get; } = Table(
        (Steps, ["iterations", "stepWeightPromotion"]),
        ("errors and latency are compared by themselves; " + Tolerances, [
            "metrics", "templates", "threshold", "thresholdRange", "failureLimit", "successCondition", "failureCondition",
            "inconclusiveLimit", "consecutiveErrorLimit", "args"
        ]),
        ("the time at each weight is written `" + Usual + "`, and how often the analysis looks `analysis: { tick: 5s }`", ["interval"]),
        ("the time in which a new version is not judged is written `analysis: { warm-up: { errors: 30s, latency: 1m } }`", [
            "initialDelay", "startingStep"
        ]),
        (Deadline, ["count", "progressDeadlineSeconds"]),
        ("leave it out: what is asked before a step begins is a gate, such as `needs: [{ quiet: [alerts] }]` (docs/gates.md)",
            ["webhooks", "alerts"]),
        ("whom a step is for is written `cohorts: { staff: { header: x-staff, equals: \"yes\" } }`, and then `rollout: [{ cohort: "
            + "staff }]`", ["match"]),
        (NoCopies, ["mirror", "mirrorWeight"]),
        ("leave it out: readiness is asked of the endpoints by `health: { path: /healthz }`", [
            "primaryReadyThreshold", "canaryReadyThreshold"
        ]),
        ("users keep their version by themselves, or by `identity: [header:x-user-id]`", ["sessionAffinity"]));

    private static readonly ImmutableHashSet<string> StepKeys =
        [
            "setWeight", "pause", "weight", "stepWeight", "stepWeights", "maxWeight", "setCanaryScale", "experiment", "analysis",
            "setHeaderRoute", "setMirrorRoute", "plugin"
        ];

    /// <summary>What stands under <c>rollout</c> in words of another tool; null when it does not.</summary>
    public static string? Rollout(Node node) => node switch
    {
        Node.List list when list.Items.Any(IsStep) => Course(list.Items),
        Node.Map map when map.Find("steps") is Node.List steps => Course(steps.Items),
        Node.Map map when map.Entries.Any(static e => StepKeys.Contains(e.Key.Text)) => Course([map]),
        _ => null,
    };

    /// <summary><c>strategy: { canary: { steps: [...] } }</c> and the like.</summary>
    public static string? Strategy(Node node) => node is not Node.Map map ? null
        : map.Entries.Any(static e => e.Key.Text is "blueGreen" or "bluegreen" or "blue-green") ? "write `strategy: blue-green`"
        : $"write `strategy: canary`, and its steps "
            + $"`{CourseOf(map.Find("canary") is Node.Map canary && canary.Find("steps") is Node.List steps ? steps.Items : [])}`";

    /// <summary>
    /// <c>stepWeight</c>, <c>maxWeight</c> and <c>interval</c> of Flagger say together what the steps are; null without a weight.
    /// </summary>
    public static (string Hint, ImmutableArray<string> Keys)? Weights(Node.Map map) =>
        map.Entries.Any(static e => e.Key.Text is "stepWeight" or "maxWeight" or "stepWeights")
            ? ($"steps are written `{CourseOf([map])}`", ["stepWeight", "maxWeight", "stepWeights", "interval"])
            : null;

    /// <summary><c>canaryAnalysis</c> of Flagger's older objects.</summary>
    public static (string Hint, ImmutableArray<string> Keys)? OlderAnalysis(Node.Map map) =>
        map.Find("canaryAnalysis") is Node.Map inner
            ? ($"steps are written `{CourseOf([inner])}`, and {Tolerances}", ["canaryAnalysis"])
            : Weights(map);

    private static bool IsStep(Node node) => node is Node.Map map && map.Entries.Any(static e => StepKeys.Contains(e.Key.Text));

    private static string Course(ImmutableArray<Node> steps)
    {
        var waits = steps.Any(static s => s is Node.Map map && map.Find("pause") is { } pause && HoldOf(pause) is null);
        return $"write `{CourseOf(steps)}`{(waits ? ", and stop for a person by trafficctl pause" : "")}";
    }

    /// <summary>The same weights, and the longest of the times.</summary>
    private static string CourseOf(ImmutableArray<Node> steps)
    {
        var weights = new List<decimal>();
        string? hold = null;
        var longest = TimeSpan.Zero;
        foreach (var step in steps.OfType<Node.Map>())
        {
            foreach (var (key, value) in step.Entries)
            {
                if (key.Text is "setWeight" or "weight" or "weights" or "stepWeights") weights.AddRange(NumbersOf(value));
                if (key.Text is not ("pause" or "hold" or "interval") || HoldOf(value) is not { } text) continue;
                if (!Durations.TryParse(text, out var time) || time <= longest) continue;
                (hold, longest) = (text, time);
            }

            if (NumbersOf(step.Find("stepWeight")) is [> 0 and var each, ..])
                for (var weight = each; weight <= (NumbersOf(step.Find("maxWeight")) is [var most, ..] ? most : 50)
                    && weights.Count < MostWeights; weight += each)
                    weights.Add(weight);
        }

        var rising = weights.Where(static w => w is > 0 and <= 100 && w * 100 == decimal.Truncate(w * 100))
            .Distinct()
            .Order()
            .Take(MostWeights)
            .ToList();
        if (rising.Count > 0 && rising[^1] < 100) rising.Add(100);
        var text1 = rising.Count == 0
            ? UsualWeights
            : string.Join(", ", rising.Select(static w => w.ToString("0.##", CultureInfo.InvariantCulture)));
        return $"rollout: [{{ weights: [{text1}]{(hold is null ? "" : $", hold: {hold}")} }}]";
    }

    /// <summary>A duration of ours: Argo's whole seconds get their unit; null for none, and for one that is not a step's.</summary>
    private static string? HoldOf(Node? node)
    {
        if (node is Node.Map map) return HoldOf(map.Find("duration"));
        if (node is not Node.Scalar { IsNull: false } scalar) return null;
        var text = scalar.Text.All(char.IsAsciiDigit) && scalar.Text.Length > 0 ? scalar.Text + "s" : scalar.Text;
        return Durations.TryParse(text, out var time) && time > TimeSpan.Zero && time <= TimeSpan.FromDays(366) ? text : null;
    }

    private static ImmutableArray<decimal> NumbersOf(Node? node) => node switch
    {
        Node.Scalar scalar when decimal.TryParse(
            scalar.Text.TrimEnd('%'), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) =>
            [number],
        Node.List list => [.. list.Items.SelectMany(static i => NumbersOf(i))],
        _ => [],
    };

    private static Node? Find(this Node.Map map, string key) => map.Entries.FirstOrDefault(e => e.Key.Text == key).Value;

    private static ImmutableDictionary<string, string> Table(params (string Hint, string[] Keys)[] rows) =>
        rows.SelectMany(static row => row.Keys.Select(key => KeyValuePair.Create(key, row.Hint))).ToImmutableDictionary(
            StringComparer.Ordinal);
}
