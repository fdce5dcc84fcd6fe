using System.Diagnostics.CodeAnalysis;
using System.Text;
using TrafficCtl.Core.Routing;

namespace TrafficCtl.Core.Cohorts;

/// <summary>Deterministic assignment under one salt (the rollout id): sticky, monotone in the weight, the same on every replica.</summary>
/// <remarks><c>bucket = murmur3_32(seed 0, UTF-8 "salt:key") * 10000 >> 32</c>; candidate exactly when bucket &lt; weight.</remarks>
[SuppressMessage("Performance", "CA1815", Justification = "A salted function; two are never compared.")]
public readonly struct Assignment
{
    private readonly Murmur3 salted;

    public Assignment(string salt)
    {
        var prefix = new Murmur3(0);
        prefix.Append(Encoding.UTF8.GetBytes(salt));
        prefix.Append(":"u8);
        salted = prefix;
    }

    /// <summary>The key's bucket, 0..9999.</summary>
    public int Bucket(ReadOnlySpan<char> key)
    {
        var hash = salted;
        hash.AppendUtf8(key);
        return Scale(hash.Finish());
    }

    /// <summary>Maps a 32-bit hash on 0..9999 by multiply-shift.</summary>
    public static int Scale(uint hash) => (int)(((ulong)hash * Weights.Total) >> 32);

    public static Arm Choose(int bucket, Weights weights) => bucket < weights.Candidate ? Arm.Candidate : Arm.Stable;
}
