using System.Collections.Immutable;
using TrafficCtl.Core.Formatting;
using TrafficCtl.Core.Targets;

namespace TrafficCtl.Core.Gates;

/// <summary>Open when a test of the version passed: a program or an address is asked once, and its answer stays for the rollout.</summary>
/// <param name="Check">What is asked.</param>
/// <param name="Timeout">How long it may take; above zero.</param>
public sealed record VerifyGate(Verification Check, TimeSpan Timeout) : Gate
{
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(5);

    public override string Name => "verify";

    public override GateKind Kind => GateKind.Latched;

    public override string Key => $"verify {Check}, within {DurationText.Of(Timeout)}";

    public override bool MayError => true;

    public override bool HasEffects => true;

    public override Ability? Ability => Targets.Ability.Verification;
}

/// <summary>What a verification asks. A closed family.</summary>
public abstract record Verification
{
    private Verification()
    {
    }

    /// <summary>A program: exit code 0 is a pass, any other a failure.</summary>
    /// <param name="Program">Its path, or its name on the path of the system.</param>
    /// <param name="Arguments">As they are: no shell reads them.</param>
    /// <param name="Directory">Where it runs, and what a relative path is relative to: that of the delivery file.</param>
    public sealed record Run(string Program, ImmutableArray<string> Arguments, string Directory) : Verification
    {
        public bool Equals(Run? other) =>
            other is not null && (Program, Directory) == (other.Program, other.Directory) && Arguments.SequenceEqual(other.Arguments);

        public override int GetHashCode() => HashCode.Combine(Program, Directory, Arguments.Length);

        public override string ToString() => $"run {string.Join(' ', Arguments.Prepend(Program))}";
    }

    /// <summary>An address: an answer 2xx is a pass, others are failures, save those that say that nobody there could answer.</summary>
    /// <param name="Address">With names in braces, such as <c>{version}</c>, for what is asked about.</param>
    /// <param name="MayAskLoopback">The file that names it is the operator's own, who may name what listens on this machine.</param>
    public sealed record Fetch(string Address, bool MayAskLoopback) : Verification
    {
        public override string ToString() => $"http {Address}";
    }
}
