using Microsoft.Extensions.Primitives;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Proxy.Messages;

/// <summary>The headers that upstreams are told the assignment by; made once, so that setting one allocates nothing.</summary>
internal static class OwnHeaders
{
    public const string BucketName = "x-tc-bucket", ArmName = "x-tc-arm";

    private static readonly StringValues[] Buckets =
        [.. Enumerable.Range(0, 100).Select(
            percent => new StringValues(percent.ToString("00", System.Globalization.CultureInfo.InvariantCulture)))];

    private static readonly StringValues Stable = "stable", Candidate = "candidate";

    /// <summary><c>00</c>..<c>99</c>: the bucket in whole percents.</summary>
    public static StringValues Bucket(int bucket) => Buckets[bucket / 100];

    public static StringValues Arm(Arm arm) => arm == Core.Routing.Arm.Candidate ? Candidate : Stable;
}
