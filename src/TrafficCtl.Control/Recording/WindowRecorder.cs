using System.Buffers;
using System.Text;
using TrafficCtl.Control.Persistence;
using TrafficCtl.Core.Judging;
using TrafficCtl.Core.Judging.Estimates;
using TrafficCtl.Core.Recording;

namespace TrafficCtl.Control.Recording;

/// <summary>
/// Keeps every tick that a judge absorbs, beside the evidence and saved with it. Never in a decision's way: what cannot be kept
/// is left out, and shows as a gap.
/// </summary>
internal sealed class WindowRecorder(RecordingSettings settings)
{
    private bool isFull;

    /// <summary>False: nothing is recorded.</summary>
    public bool IsOn => settings.Keep > TimeSpan.Zero && !isFull;

    /// <summary>Whether the store has no room left for recordings.</summary>
    public void Fill(bool isFull) => this.isFull = isFull;

    /// <summary>What a judge begins with; null when nothing is recorded.</summary>
    public Beginning? Begin(Baseline past, BeginCause cause, Analysis analysis)
    {
        if (!IsOn) return null;
        var baseline = new ArrayBufferWriter<byte>(1024);
        past.Save(baseline);
        return new Beginning(cause, Encoding.UTF8.GetBytes(RolloutJson.Write(analysis)), baseline.WrittenMemory);
    }

    public void Record(PendingWindows windows, in RecordedTick tick)
    {
        if (IsOn) windows.Add(tick);
        else windows.Drop();
    }
}
