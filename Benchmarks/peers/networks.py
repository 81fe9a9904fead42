"""The networks that are measured, in PyTorch and in Keras: the article's, ResNet-18's and VGG-16's shapes with one output."""
from itertools import chain

VGG = [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
RESNET = [(64, 1), (128, 2), (256, 2), (512, 2)]


def torch_model(name):
    """Up to the logit: the sigmoid is in the loss, or applied after."""
    from torch import nn

    def article():
        return nn.Sequential(
            nn.Conv2d(3, 32, 3), nn.ReLU(),
            nn.Conv2d(32, 128, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
            nn.Conv2d(128, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
            nn.Conv2d(64, 128, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0.25),
            nn.Flatten(), nn.Linear(26 * 26 * 128, 64), nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 1))

    def vgg():
        layers, channels = [], 3
        for width, depth in VGG:
            for _ in range(depth):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool2d(2))
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(7 * 7 * 512, 1))

    def convolution(channels, width, size, stride):
        return [nn.Conv2d(channels, width, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(width)]

    class Block(nn.Module):
        def __init__(self, channels, width, stride):
            super().__init__()
            self.body = nn.Sequential(
                *convolution(channels, width, 3, stride), nn.ReLU(), *convolution(width, width, 3, 1))
            changes = channels != width or stride != 1
            self.shortcut = nn.Sequential(*(convolution(channels, width, 1, stride) if changes else []))

        def forward(self, x):
            return nn.functional.relu(self.body(x) + self.shortcut(x))

    def resnet():
        layers, channels = [*convolution(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1)], 64
        for width, stride in RESNET:
            layers += [Block(channels, width, stride), Block(width, width, 1)]
            channels = width
        return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1))

    return {"article": article, "vgg-16": vgg, "resnet-18": resnet}[name]()


def keras_model(name):
    """Up to the probability, compiled."""
    import keras
    from keras import layers as L

    x = image = keras.Input((224, 224, 3))

    def article(x):
        for layer in chain(
                [L.Conv2D(32, 3, activation="relu")],
                *([L.Conv2D(width, 3, activation="relu"), L.MaxPooling2D(2), L.Dropout(0.25)]
                  for width in (128, 64, 128)),
                [L.Flatten(), L.Dense(64, activation="relu"), L.Dropout(0.5)]):
            x = layer(x)
        return x

    def vgg(x):
        for width, depth in VGG:
            for _ in range(depth):
                x = L.Conv2D(width, 3, padding="same", activation="relu")(x)
            x = L.MaxPooling2D(2)(x)
        return L.Flatten()(x)

    def convolution(x, width, size, stride):
        return L.BatchNormalization()(L.Conv2D(width, size, stride, padding="same", use_bias=False)(x))

    def resnet(x):
        x = L.MaxPooling2D(3, 2, padding="same")(L.ReLU()(convolution(x, 64, 7, 2)))
        for width, first in RESNET:
            for stride in (first, 1):
                shortcut = x
                if stride != 1 or x.shape[-1] != width:
                    shortcut = convolution(x, width, 1, stride)
                y = L.ReLU()(convolution(x, width, 3, stride))
                x = L.ReLU()(L.Add()([convolution(y, width, 3, 1), shortcut]))
        return L.GlobalAveragePooling2D()(x)

    x = {"article": article, "vgg-16": vgg, "resnet-18": resnet}[name](x)
    model = keras.Model(image, L.Dense(1, activation="sigmoid")(x))
    model.compile(loss="binary_crossentropy", optimizer="adam")
    return model
