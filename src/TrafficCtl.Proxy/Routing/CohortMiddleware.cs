using Microsoft.AspNetCore.Http;
using TrafficCtl.Core.Cohorts;
using TrafficCtl.Core.Delivery;
using TrafficCtl.Core.Routing;
using TrafficCtl.Core.Signals;
using TrafficCtl.Proxy.Routing.Forwarding;
using TrafficCtl.Proxy.Routing.Identity;
using TrafficCtl.Proxy.Signals;

namespace TrafficCtl.Proxy.Routing;

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

        if (exchange.Http.Request.ContentLength > plan.Serving.Spec.Proxy.BodyLimit)
        {
            intended.Count(Outcome.Refused, exchange.UserHash, exchange.HasUser);
            return Refusals.TooLargeAsync(exchange.Http, plan.Serving.Spec.Proxy.BodyLimit);
        }

        // 7 A candidate without a live endpoint gives its request to stable, and the failure stays with the candidate.
        var (arm, target, counted) = (assigned.Arm, assigned.Arm == Arm.Candidate ? plan.Candidate : plan.Stable, (ArmCell?)intended);
        if (arm == Arm.Candidate && target is not { IsAvailable: true } && plan.Stable is { IsAvailable: true })
        {
            intended.Count(Outcome.Spill, exchange.UserHash, exchange.HasUser);
            (arm, target, counted) = (Arm.Stable, plan.Stable, null);
        }

        if (target is null) return Refusals.NoVersionAsync(exchange.Http, plan.Serving.Spec.Service, plan.Serving.VersionOf(arm));

        // 8 Upstreams are told; what a client claimed is overwritten here, and stripped by the transformer.
        exchange.SetHeaders(assigned.Bucket, arm);

        // 9 Forward; the exchange counts how it ends.
        return exchange.DispatchAsync(binding, plan, arm, target, counted);
    }

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
        switch (plan.Serving.Spec.Proxy.Anonymous)
        {
            case Anonymous.None:
                return Unassigned;
            case Anonymous.Random:
                return Random.Shared.Next(Weights.Total);
        }

        var cookie = CookieHeader.Find(headers.Cookie, plan.CookieName);
        var bucket = cookie.IsEmpty ? Unassigned : cookies.Read(cookie, plan.CookiePrefix, plan.Serving.Spec.Environment);
        if (bucket >= 0)
        {
            exchange.IsOf(HashOf(cookie), hasIdentity: false);
            return bucket;
        }

        bucket = Random.Shared.Next(Weights.Total);
        exchange.SetCookie(cookies.Write(
            plan.CookieName, plan.CookiePrefix, bucket, exchange.IsTls, plan.CookieAge, plan.Serving.Spec.Environment));
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
