using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Grpc.Core;
using LabelerService.Contracts.V1;
using LabelerService.Core.Tensors;
using LabelerService.Formats.Rows;
using LabelerService.Formats.Tables;
using CoreSplit = LabelerService.Core.Datasets.Split;

namespace LabelerService.Cli.Client.Export;

/// <summary>Streams a dataset's items out, as of one moment, in the order they were first stored.</summary>
/// <param name="connection">The service.</param>
/// <param name="dataset">The dataset.</param>
internal sealed class ItemExport(ServiceConnection connection, Dataset dataset)
{
    /// <summary>The items.</summary>
    /// <param name="split">Only items of this split; unspecified takes all.</param>
    /// <param name="features">Whether features are wanted.</param>
    /// <param name="contents">Whether texts and image files are wanted.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<ItemRow> ReadAsync(
        Split split, bool features, bool contents, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ExportItemsRequest { Parent = dataset.Name, Split = split, IncludeFeatures = features, IncludeContents = contents };
        using var call = connection.Items.ExportItems(request, cancellationToken: cancellationToken);
        await foreach (var answer in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            foreach (var item in answer.Items)
            {
                yield return ToRow(item);
            }
        }
    }

    /// <summary>Features as single precision.</summary>
    public static float[] Floats(Tensor tensor)
    {
        var bytes = tensor.Data.Span;
        switch (tensor.DataType)
        {
            case Tensor.Types.DataType.Float16:
                var values = new float[bytes.Length / sizeof(ushort)];
                Float16.ToSingle(MemoryMarshal.Cast<byte, ushort>(bytes), values);
                return values;
            case Tensor.Types.DataType.Uint8:
                // Pixels of an image file: each stands for value / 255.
                return Array.ConvertAll(bytes.ToArray(), value => value / 255f);
            default:
                return MemoryMarshal.Cast<byte, float>(bytes).ToArray();
        }
    }

    private ItemRow ToRow(Item item)
    {
        var row = new ItemRow(item.ItemId, (CoreSplit)item.Split, item.GoldClass.Length == 0 ? null : item.GoldClass);
        if (!item.Image.IsEmpty)
        {
            return row with { Image = item.Image.Memory };
        }

        if (item.Text.Length > 0)
        {
            return row with { Text = item.Text };
        }

        if (item.Features is not { Data.IsEmpty: false } features)
        {
            return row;
        }

        var steps = dataset.ItemType.KindCase == ItemType.KindOneofCase.Sequence ? (int)features.Shape[0] : 0;
        return row with { Features = new NumberBlock(Floats(features), steps) };
    }
}
