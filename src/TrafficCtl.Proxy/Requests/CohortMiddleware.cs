using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Core.Targets;
using TrafficCtl.Proxy.Forwarding;
using TrafficCtl.Proxy.Identity;
using TrafficCtl.Proxy.Messages;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Proxy.Requests;

/// <summary>The one middleware: decides for each request which version serves it, and hands it to the forwarder.</summary>
/// <remarks>Nothing here waits, and nothing allocates unless a user without any identity is met for the first time.</remarks>
internal sealed class CohortMiddleware(BucketCookie cookies)
{
    private const uint UserSeed = 0x7c5e_ed01;
    private const int Unassigned = -1;

    public Task HandleAsync(Exchange exchange, ServiceBinding binding)
    {
        // 1 One snapshot for all that follows.
        var plan = binding.Current();
        var assigned = Assign(exchange, plan);
        var intended = plan.Serving.Cell(assigned.Arm, assigned.Cohort);

        // 6 What cannot be forwarded, or is too large to begin with, is refused before it is dispatched: no version failed.
        if (RequestRules.Refusal(exchange.Http) is var (status, text))
        {
            intended.Count(Outcome.Refused, exchange.UserHash, exchange.HasUser);
            return Refusals.NotForwardedAsync(exchange.Http, status, text);
        }

        if (exchange.Http.Request.ContentLength > plan.Serving.Settings.BodyLimit)
        {
            intended.Count(Outcome.Refused, exchange.UserHash, exchange.HasUser);
            return Refusals.TooLargeAsync(exchange.Http, plan.Serving.Settings.BodyLimit);
        }

        // 7 gRPC without TLS, for a version that may not speak HTTP/2: that is found out first.
        return Grpc.NeedsHttp2(exchange.Http.Request) && MayLackHttp2(plan, assigned.Arm)
            ? AskFirstAsync(exchange, binding, plan, assigned)
            : Forward(exchange, binding, plan, assigned);
    }

    private static Task Forward(Exchange exchange, ServiceBinding binding, RoutePlan plan, in Assigned assigned)
    {
        // 8 A candidate without a live endpoint gives its request to stable, and the failure stays with the candidate.
        var intended = plan.Serving.Cell(assigned.Arm, assigned.Cohort);
        var (arm, target, counted) = (assigned.Arm, TargetOf(plan, assigned.Arm), (ArmCell?)intended);
        if (IsSpilled(plan, assigned.Arm))
        {
            intended.Count(Outcome.Spill, exchange.UserHash, exchange.HasUser);
            (arm, target, counted) = (Arm.Stable, plan.Stable, null);
        }

        if (target is null) return Refusals.NoVersionAsync(exchange.Http, plan.Serving.Spec.Service, plan.Serving.VersionOf(arm));

        // 9 Upstreams are told; what a client claimed is overwritten here, and stripped by the transformer.
        exchange.SetHeaders(assigned.Bucket, arm);

        // 10 Forward; the exchange counts how it ends.
        return exchange.DispatchAsync(binding, plan, arm, target, counted);
    }

    private static async Task AskFirstAsync(Exchange exchange, ServiceBinding binding, RoutePlan plan, Assigned assigned)
    {
        var arm = IsSpilled(plan, assigned.Arm) ? Arm.Stable : assigned.Arm;
        if (TargetOf(plan, arm) is { } target)
        {
            await target.Http2.AskAsync();
            // What stable offers the candidate must offer too.
            if (target.Http2.IsAbsent && arm == Arm.Candidate && plan.Stable is { } stable) await stable.Http2.AskAsync();
            if (target.Http2.IsAbsent && !(arm == Arm.Candidate && plan.Stable is { Http2.IsSpoken: true }))
            {
                plan.Serving.Cell(assigned.Arm, assigned.Cohort).Count(Outcome.Refused, exchange.UserHash, exchange.HasUser);
                await Refusals.NoHttp2Async(exchange.Http);
                return;
            }
        }

        await Forward(exchange, binding, plan, assigned);
    }

    private static bool MayLackHttp2(RoutePlan plan, Arm arm) =>
        plan.Serving.Settings.Protocol == UpstreamProtocol.Auto
        && TargetOf(plan, IsSpilled(plan, arm) ? Arm.Stable : arm) is { Http2.IsSpoken: false };

    private static bool IsSpilled(RoutePlan plan, Arm arm) =>
        arm == Arm.Candidate && plan.Candidate is not { IsAvailable: true } && plan.Stable is { IsAvailable: true };

    private static UpstreamTarget? TargetOf(RoutePlan plan, Arm arm) => arm == Arm.Candidate ? plan.Candidate : plan.Stable;

    /// <summary>Steps 2 to 5: identity, cohort, bucket, arm.</summary>
    internal Assigned Assign(Exchange exchange, RoutePlan plan)
    {
        var headers = exchange.Http.Request.Headers;
        var serving = plan.Serving;

        // 2 Whose request it is.
        var key = plan.IdentityOf(headers, exchange.Scratch);
        if (!key.IsEmpty) exchange.IsOf(HashOf(key), hasIdentity: true);

        // 3 The bucket: by identity, else as the service treats anonymous users. Without a rollout there is none.
        var bucket = !plan.IsActive ? Unassigned : !key.IsEmpty ? serving.Assignment.Bucket(key) : AnonymousBucket(exchange, plan, headers);

        // 4 The cohort, whose weights may be its own. The key is no longer needed, so the scratch may be.
        var cohort = plan.CohortOf(headers, exchange.Scratch);

        // 5 The arm.
        var arm = bucket < 0 ? Arm.Stable : Assignment.Choose(bucket, serving.WeightsOf(cohort));
        return new Assigned(bucket, cohort, arm);
    }

    private int AnonymousBucket(Exchange exchange, RoutePlan plan, IHeaderDictionary headers)
    {
        switch (plan.Serving.Settings.Anonymous)
        {
            case Anonymous.None:
                return Unassigned;
            case Anonymous.Random:
                return Random.Shared.Next(Weights.Total);
        }

        var bucket = BucketIn(plan.CookieName, exchange, plan, headers);
        if (bucket < 0 && plan.FormerCookieName is { } former) bucket = BucketIn(former, exchange, plan, headers);
        if (bucket >= 0) return bucket;

        bucket = Random.Shared.Next(Weights.Total);
        exchange.SetCookie(cookies.Write(
            plan.CookieName, plan.CookiePrefix, bucket, exchange.IsTls, plan.CookieAge, plan.Serving.Spec.Environment));
        return bucket;
    }

    private int BucketIn(string name, Exchange exchange, RoutePlan plan, IHeaderDictionary headers)
    {
        var cookie = CookieHeader.Find(headers.Cookie, name);
        var bucket = cookie.IsEmpty ? Unassigned : cookies.Read(cookie, plan.CookiePrefix, plan.Serving.Spec.Environment);
        if (bucket >= 0) exchange.IsOf(HashOf(cookie), hasIdentity: false);
        return bucket;
    }

    private static uint HashOf(ReadOnlySpan<char> key)
    {
        var hash = new Murmur3(UserSeed);
        hash.AppendUtf8(key);
        return hash.Finish();
    }

    /// <param name="Bucket">0..9999; -1 without a rollout.</param>
    /// <param name="Cohort">0 for everybody.</param>
    /// <param name="Arm">Before any spill.</param>
    internal readonly record struct Assigned(int Bucket, int Cohort, Arm Arm);
}
