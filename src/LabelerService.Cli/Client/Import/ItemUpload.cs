using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using LabelerService.Cli.Files;
using LabelerService.Contracts.V1;

namespace LabelerService.Cli.Client.Import;

/// <summary>Streams the rows of a feature file to a dataset, all or none, a message at a time.</summary>
internal sealed class ItemUpload(ServiceConnection connection)
{
    /// <summary>Sends a file.</summary>
    /// <param name="parent"><c>datasets/{dataset}</c>.</param>
    /// <param name="file">Features, at their beginning.</param>
    /// <param name="keys">Keys of the rows.</param>
    /// <param name="split">Split of all items.</param>
    /// <param name="half">Whether features go out as float16: half the bytes, and half the precision unless the file is float16 itself.</param>
    /// <param name="sent">Told how many rows have gone out.</param>
    /// <param name="cancellationToken">Cancels the call; the service then keeps nothing.</param>
    /// <exception cref="CommandException">A row cannot be sent.</exception>
    /// <exception cref="ServiceFailureException">The service refused.</exception>
    public async Task<ItemWriteCounts> SendAsync(
        string parent, FeatureFile file, ItemKeys keys, Split split, bool half, Action<long> sent, CancellationToken cancellationToken)
    {
        var rows = new SentRows();
        using var call = connection.Items.StreamItems(cancellationToken: cancellationToken);
        try
        {
            var answer = await ClientStream.SendAsync(call, Messages(parent, file, keys, split, half, rows, sent).ToAsyncEnumerable(), cancellationToken);
            return answer.Counts ?? new ItemWriteCounts();
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            var failure = ServiceFailure.Of(exception, connection.Settings.Server);
            throw new ServiceFailureException(rows.Locate(failure, file.Path, row => $"row {row}"), exception);
        }
    }

    internal static IEnumerable<StreamItemsRequest> Messages(
        string parent, FeatureFile file, ItemKeys keys, Split split, bool half, SentRows rows, Action<long> sent)
    {
        const int longestKey = 260;
        var rowBytes = (file.Length * (half ? sizeof(ushort) : sizeof(float))) + longestKey;
        if (rowBytes > ClientStream.MaximumMessage)
        {
            throw new CommandException(
                $"{file.Path}: a row of {file.Length} values does not fit a message of {ClientStream.MaximumMessage} bytes"
                + (half ? "" : "; try --float16"));
        }

        var batchRows = Math.Clamp(ClientStream.MaximumMessage / rowBytes, 1, Math.Min(ClientStream.MaximumEntries, file.Rows));
        var values = new float[batchRows * file.Length];
        var bytes = half ? new byte[values.Length * sizeof(ushort)] : [];
        var first = true;
        for (var count = file.Read(values); count > 0; count = file.Read(values))
        {
            var filled = count * file.Length;
            if (half)
            {
                file.ToHalf(values.AsSpan(0, filled), bytes.AsSpan(0, filled * sizeof(ushort)));
            }

            var batch = new ItemBatch
            {
                Split = split,
                Features = new Tensor
                {
                    DataType = half ? Tensor.Types.DataType.Float16 : Tensor.Types.DataType.Float32,
                    Shape = { count, file.Length },
                    Data = half
                        ? ByteString.CopyFrom(bytes, 0, filled * sizeof(ushort))
                        : ByteString.CopyFrom(MemoryMarshal.AsBytes(values.AsSpan(0, filled))),
                },
            };
            for (var i = 0; i < count; i++)
            {
                batch.ItemIds.Add(keys.Next());
            }

            rows.Add(count);
            yield return new StreamItemsRequest { Parent = first ? parent : "", Batch = batch };
            first = false;
            sent(file.Position);
        }
    }
}
