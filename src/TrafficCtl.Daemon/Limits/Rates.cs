using System.Threading.RateLimiting;

namespace TrafficCtl.Daemon.Limits;

/// <summary>A bucket of tokens for each key; those of keys that rest are forgotten.</summary>
internal sealed class Rates(double perSecond, int burst) : IDisposable
{
    private readonly PartitionedRateLimiter<string> buckets = PartitionedRateLimiter.Create<string, string>(key =>
        RateLimitPartition.GetTokenBucketLimiter(key, _ => Bucket(perSecond, burst)));

    /// <summary>Null when one more may pass; else when it may be tried again.</summary>
    public TimeSpan? Refuse(string key)
    {
        using var lease = buckets.AttemptAcquire(key);
        if (lease.IsAcquired) return null;
        return lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
    }

    public void Dispose() => buckets.Dispose();

    /// <summary>Filled ten times a second, or as often as there is a whole token to add.</summary>
    private static TokenBucketRateLimiterOptions Bucket(double perSecond, int burst)
    {
        var atOnce = Math.Max(1, (int)(perSecond / 10));
        return new TokenBucketRateLimiterOptions
        {
            TokenLimit = burst,
            TokensPerPeriod = atOnce,
            ReplenishmentPeriod = TimeSpan.FromSeconds(atOnce / perSecond),
            AutoReplenishment = true,
            QueueLimit = 0,
        };
    }
}
