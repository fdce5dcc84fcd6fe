using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using TrafficCtl.Core.Targets;
using TrafficCtl.Kubernetes.Discovery;
using TrafficCtl.Kubernetes.Managed;
using Xunit;

namespace TrafficCtl.Kubernetes.Tests.Managed;

/// <summary>Whatever is seen, a plan keeps these.</summary>
public sealed class ManagedPlanTests
{
    private static readonly Gen<string?> Versions = Gen.Elements<string?>("a", "b", "c");
    private static readonly Gen<string?> Maybe = Gen.Elements<string?>("a", "b", "c", null, null);

    [Fact]
    public void While_a_rollout_is_active_the_stable_copy_is_left_alone() => Always(
        (seen, plan) => seen.Candidate is null
            || seen.Copy is null
            || plan.Actions.All(a => a.On.Name != "checkout-stable" || a.On.Kind != KubeKind.Deployment || a is ManagedAction.Mark));

    [Fact]
    public void Nothing_that_serves_or_is_a_candidate_is_scaled_down() => Always((seen, plan) =>
    {
        var isReplaced = seen.Candidate is null && seen.Serving == "checkout-stable" && seen.CopyIs?.Version == seen.LastGood
            && seen.SettledFor >= ManagedPlan.Settle;
        return plan.Actions.OfType<ManagedAction.Scale>().All(s => s.Replicas > 0 || (s.On.Name == "checkout" && isReplaced));
    });

    [Fact]
    public void Nothing_is_scaled_down_while_somebody_elses_split_is_in_force() => Always(
        (seen, _) => ManagedPlan.Of(seen with { IsInForce = false }).Actions.OfType<ManagedAction.Scale>().All(s => s.Replicas > 0));

    [Fact]
    public void The_copy_only_ever_becomes_what_is_good_and_never_smaller_than_what_it_takes_over() => Always((seen, plan) =>
        plan.Actions.OfType<ManagedAction.Apply>().Where(a => a.On.Kind == KubeKind.Deployment).All(a =>
            a.On.Name == "checkout-stable" && (seen.Candidate is null || seen.Copy is null) && (seen.LastGood is null
                || seen.SourceIs!.Version == seen.LastGood)
            && (seen.Copy is null || seen.LastGood is not null)
            && Replicas(a.Whole) >= Math.Max(Math.Max(1, seen.Copy?.Desired ?? 1), Math.Max(seen.Source!.Desired, seen.SourceReady))));

    [Fact]
    public void What_is_somebody_elses_is_never_made_or_deleted() => Always((seen, plan) => plan.Actions.All(a => a switch
    {
        ManagedAction.Apply apply => OwnObjects.IsOurs(apply.Whole) && apply.On.Name != "checkout",
        ManagedAction.Delete delete => seen.OwnConfigs.Any(o => o.Object.NameOf() == delete.On.Name),
        _ => a.On.Kind == KubeKind.Deployment,
    }));

    [Fact]
    public void What_was_done_is_not_done_again() => Always((seen, plan) =>
    {
        var done = seen;
        foreach (var action in plan.Actions) done = After(done, action);
        var again = ManagedPlan.Of(done).Actions;
        return !again.Any(a => plan.Actions.Any(p => p.GetType() == a.GetType()
            && p.On == a.On
            && (a is not ManagedAction.Scale scale || scale.Replicas == ((ManagedAction.Scale)p).Replicas)));
    });

    private static void Always(Func<ManagedSeen, ManagedPlan, bool> holds)
    {
        var seen =
            from version in Versions
            from running in Maybe
            from good in Maybe
            from candidate in Maybe
            from serving in Gen.Elements("checkout-stable", "checkout-candidate", null)
            from sizes in Gen.Elements(0, 1, 3, 8).ListOf(3)
            from minutes in Gen.Elements(0, 1, 5)
            from isReachable in Gen.Elements(true, false)
            from isWhole in Gen.Elements(true, false)
            select Seen(version!, running, good, good is null ? null : candidate, serving, [.. sizes], minutes, isReachable, isWhole);
        Check.One(Config.QuickThrowOnFailure.WithReplay(11, 13).WithMaxTest(3_000), Prop.ForAll(
            seen.ToArbitrary(), s => holds(s, ManagedPlan.Of(s))));
    }

    private static ManagedSeen Seen(
        string version, string? running, string? good, string? candidate, string? serving, int[] sizes, int minutes, bool isReachable,
        bool isWhole) => new()
        {
            Delivery = new ClusterDelivery
            {
                Namespace = Shop.Space,
                Service = "checkout",
                Route = new RouteReference("istio", "checkout", null),
                Mode = RouteMode.Patch,
                Metrics = "istio",
                StableService = "checkout-stable",
                CandidateService = "checkout-candidate",
                IsManaged = true,
            },
            Root = SeenService.Of(
                Json(
                    $$$"""{"metadata":{"name":"checkout","namespace":"shop","uid":"u"},"spec":{"selector":{"app":"{{{(isReachable ? "checkout" : "checkout-stable")}}}"},"ports":[{"port":80}]}}""")),
            Source = Deployment("checkout", version, sizes[0], isWhole, ours: false),
            SourceIs = new TemplateIdentity(version, version),
            SourceReady = sizes[1],
            Copy = running is null ? null : Deployment("checkout-stable", running, sizes[2], isWhole, ours: true),
            CopyIs = running is null ? null : new TemplateIdentity(running, running),
            LastGood = good,
            Candidate = candidate,
            Serving = serving,
            SettledFor = TimeSpan.FromMinutes(minutes),
            OwnConfigs =
                [(KubeKind.ConfigMap, Json(
                    """{"metadata":{"name":"old-stable-1","namespace":"shop","uid":"c","labels":{"app.kubernetes.io/managed-by":"trafficctl"}}}"""))],
        };

    private static ManagedSeen After(ManagedSeen seen, ManagedAction action) => action switch
    {
        ManagedAction.Apply(var on, var whole, _) when on.Kind == KubeKind.Deployment =>
            seen with { Copy = SeenDeployment.Of(whole), CopyIs = seen.SourceIs },
        ManagedAction.Apply(var on, var whole, _) when on.Name == "checkout-stable" => seen with { StableService = SeenService.Of(whole) },
        ManagedAction.Apply(_, var whole, _) => seen with { CandidateService = SeenService.Of(whole) },
        ManagedAction.Scale(var on, var replicas, _) when on.Name == "checkout" =>
            seen with { Source = seen.Source! with { Desired = replicas } },
        ManagedAction.Scale(_, var replicas, _) => seen with { Copy = seen.Copy! with { Desired = replicas } },
        ManagedAction.Mark(_, var key, var value, _) =>
            seen with { Copy = seen.Copy! with { Object = Marked(seen.Copy.Object, key, value) } },
        ManagedAction.Delete => seen with { OwnConfigs = [] },
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static JsonObject Marked(JsonObject thing, string key, string value)
    {
        var copy = thing.DeepClone().AsObject();
        if (copy["metadata"]!["annotations"] is null) copy["metadata"]!["annotations"] = new JsonObject();
        copy["metadata"]!["annotations"]![key] = value;
        return copy;
    }

    private static SeenDeployment Deployment(
        string name, string version, int replicas, bool isWhole, bool ours) => SeenDeployment.Of(new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = name,
                ["namespace"] = "shop",
                ["uid"] = name,
                ["generation"] = 1,
                ["labels"] = ours ? new JsonObject { [OwnObjects.ManagedBy] = OwnObjects.Us, [OwnObjects.ServiceLabel] = "checkout" } : [],
            },
            ["spec"] = new JsonObject
            {
                ["replicas"] = replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = new JsonObject { ["app"] = name } },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app"] = name } },
                    ["spec"] = new JsonObject
                    {
                        ["containers"] = new JsonArray(new JsonObject { ["name"] = "app", ["image"] = $"checkout:{version}" }),
                    },
                },
            },
            ["status"] =
                new JsonObject { ["observedGeneration"] = 1, ["replicas"] = replicas, ["updatedReplicas"] = isWhole ? replicas : 0 },
        });

    private static int Replicas(JsonObject whole) => whole["spec"]!["replicas"]!.GetValue<int>();

    private static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
